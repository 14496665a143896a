-- New and removed types have no live objects in the other version; an enum that keeps its size moves nothing; a rename neither.
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'OPTION_CHECK', 'struct', 'added', NULL, 16, 1, 1, 0),
  (2, 'dhcpsrv.exe', 'OLD_CHECK', 'struct', 'removed', 16, NULL, 1, 1, 0),
  (4, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (4, 0, 'spare', 'removed', 60, NULL, 'uint32_t', NULL, 'member', NULL, NULL, 32, NULL),
  (4, 1, 'reserved', 'added', NULL, 60, NULL, 'uint32_t', 'member', NULL, NULL, NULL, 32);
INSERT INTO type_reach VALUES (4, 'global', 'g_leases', NULL, 0x6010, 0);
INSERT INTO member_use VALUES (4, 103, 0x1218, 60, 4, 'spare', 0, 'mov eax, dword ptr [rcx + 0x3c]');
