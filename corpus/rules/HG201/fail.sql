-- One inserted member: one finding, with the types and globals that grow along, and the functions that go by the old offsets.
-- expect: dhcpsrv.exe!LEASE
-- says: from 64 to 72 bytes
-- says: added member: renewals at 0x20
-- says: first moved member: hostName 0x20 -> 0x28
-- says: global g_leases, global g_server, type LEASE_TABLE, type SERVER
-- says: not patched, but uses what moved (1): HandleMessage; patched (1): ProcessRenew
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 72, 1, 1, 0),
  (2, 'dhcpsrv.exe', 'LEASE_TABLE', 'struct', 'changed', 6408, 7208, 1, 1, 0),
  (3, 'dhcpsrv.exe', 'SERVER', 'struct', 'changed', 8000, 8800, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'address', 'same', 0, 0, 'uint32_t', 'uint32_t', 'member', NULL, NULL, 32, 32),
  (1, 1, 'expiry', 'same', 8, 8, 'uint64_t', 'uint64_t', 'member', NULL, NULL, 64, 64),
  (1, 2, 'renewals', 'added', NULL, 32, NULL, 'uint64_t', 'member', NULL, NULL, NULL, 64),
  (1, 3, 'hostName', 'moved', 32, 40, 'char[32]', 'char[32]', 'member', NULL, NULL, 256, 256),
  (2, 0, 'count', 'same', 0, 0, 'uint64_t', 'uint64_t', 'member', NULL, NULL, 64, 64),
  (2, 1, 'leases', 'same', 8, 8, 'LEASE[100]', 'LEASE[100]', 'member', NULL, NULL, 51200, 51200),
  (3, 0, 'table', 'same', 0, 0, 'LEASE_TABLE', 'LEASE_TABLE', 'member', NULL, NULL, 51264, 51264),
  (3, 1, 'log', 'moved', 6408, 7208, 'FILE *', 'FILE *', 'member', NULL, NULL, 64, 64);
INSERT INTO type_cause VALUES (2, 1), (3, 2);
INSERT INTO type_reach VALUES (1, 'embedded in', 'LEASE_TABLE', NULL, 0, 0), (1, 'embedded in', 'SERVER', NULL, 0, 0),
  (2, 'embedded in', 'SERVER', NULL, 0, 0), (2, 'global', 'g_leases', NULL, 0x6010, 0), (3, 'global', 'g_server', NULL, 0x8010, 0),
  (1, 'global', 'g_leases', NULL, 0x6010, 0), (1, 'uses global', 'HandleMessage', 103, 0x1210, 0), (1, 'pointer', 'ProcessRenew', 105, 0, 0);
-- AppendOption runs no more: only redirected code calls it.
INSERT INTO member_use VALUES (1, 103, 0x1218, 32, 1, 'hostName', 0, 'movzx eax, byte ptr [rcx + 0x20]'),
  (1, 105, 0x1611, 32, 8, 'hostName', 1, 'mov qword ptr [rcx + 0x20], rdx'), (1, 106, 0x1810, 32, 8, 'hostName', 1, 'mov qword ptr [r8 + 0x20], rdx');
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_leases', 'changed', 0x6010, 0x6010, 6408, 7208, 'LEASE_TABLE', 'LEASE_TABLE', 1, 1);
