-- Four ways to be safe: padding; a reserved member that nobody uses; growth of what only redirected functions make; and no object at all.
-- expect: dhcpsrv.exe!LEASE
-- says: new members lie in bits that no used member had: renewals at 0x3c (uint32_t)
-- expect: dhcpsrv.exe!OPTION
-- says: it replaces reserved, to which no access is known
-- expect: dhcpsrv.exe!REPLY
-- says: it grows at its end from 32 to 40 bytes, and only patched functions make such objects: ParseOptions
-- expect: dhcpsrv.exe!SCRATCH
-- says: the process has no object of it that outlives a call
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64, 1, 1, 0),
  (2, 'dhcpsrv.exe', 'OPTION', 'struct', 'changed', 16, 16, 1, 1, 0),
  (3, 'dhcpsrv.exe', 'REPLY', 'struct', 'changed', 32, 40, 1, 1, 0),
  (4, 'dhcpsrv.exe', 'SCRATCH', 'struct', 'changed', 16, 24, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'address', 'same', 0, 0, 'uint32_t', 'uint32_t', 'member', NULL, NULL, 32, 32),
  (1, 1, 'renewals', 'added', NULL, 60, NULL, 'uint32_t', 'member', NULL, NULL, NULL, 32),
  (2, 0, 'code', 'same', 0, 0, 'uint64_t', 'uint64_t', 'member', NULL, NULL, 64, 64),
  (2, 1, 'limit', 'added', NULL, 8, NULL, 'uint32_t', 'member', NULL, NULL, NULL, 32),
  (2, 2, 'reserved', 'removed', 8, NULL, 'uint64_t', NULL, 'member', NULL, NULL, 64, NULL),
  (3, 0, 'data', 'same', 0, 0, 'char[32]', 'char[32]', 'member', NULL, NULL, 256, 256),
  (3, 1, 'length', 'added', NULL, 32, NULL, 'uint64_t', 'member', NULL, NULL, NULL, 64),
  (4, 0, 'a', 'same', 0, 0, 'uint64_t', 'uint64_t', 'member', NULL, NULL, 64, 64),
  (4, 1, 'b', 'added', NULL, 8, NULL, 'uint64_t', 'member', NULL, NULL, NULL, 64),
  (4, 2, 'c', 'moved', 8, 16, 'uint64_t', 'uint64_t', 'member', NULL, NULL, 64, 64);
INSERT INTO type_reach VALUES (1, 'global', 'g_leases', NULL, 0x6010, 0), (2, 'global', 'g_options', NULL, 0x6110, 0),
  (3, 'allocation', 'ParseOptions', 104, 0x1420, 0), (3, 'pointer', 'HandleMessage', 103, 0, 0), (3, 'its size', 'ParseOptions', 104, 0x1418, 0),
  (4, 'local', 'ProcessRenew', 105, 0, 0);
INSERT INTO member_use VALUES (4, 105, 0x1611, 8, 8, 'c', 0, 'mov rax, qword ptr [rsp + 0x28]');
