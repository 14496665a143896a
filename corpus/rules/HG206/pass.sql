-- The member has another name, and is the same in all else; static members are data of their own.
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'adress', 'removed', 0, NULL, 'uint32_t', NULL, 'member', NULL, NULL, 32, NULL),
  (1, 1, 'address', 'added', NULL, 0, NULL, 'uint32_t', 'member', NULL, NULL, NULL, 32),
  (1, 2, 'count', 'added', NULL, 0, NULL, 'int', 'static member', NULL, NULL, NULL, 32);
INSERT INTO type_reach VALUES (1, 'global', 'g_leases', NULL, 0x6010, 0);
INSERT INTO member_use VALUES (1, 103, 0x1218, 0, 4, 'adress', 0, 'mov eax, dword ptr [rcx]');
