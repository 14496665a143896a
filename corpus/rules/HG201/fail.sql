-- One inserted member: one finding, with the types and globals that grow along.
-- expect: dhcpsrv.exe!LEASE
-- says: from 64 to 72 bytes
-- says: added member: renewals at 0x20
-- says: first moved member: hostName 0x20 -> 0x28
-- says: global g_leases, type LEASE_TABLE, type SERVER
INSERT INTO type_pair VALUES (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 72),
  (2, 'dhcpsrv.exe', 'LEASE_TABLE', 'struct', 'changed', 6408, 7208), (3, 'dhcpsrv.exe', 'SERVER', 'struct', 'changed', 8000, 8800);
INSERT INTO field_pair VALUES
  (1, 0, 'address', 'same', 0, 0, 'uint32_t', 'uint32_t'), (1, 1, 'expiry', 'same', 8, 8, 'uint64_t', 'uint64_t'),
  (1, 2, 'renewals', 'added', NULL, 32, NULL, 'uint64_t'), (1, 3, 'hostName', 'moved', 32, 40, 'char[32]', 'char[32]'),
  (2, 0, 'count', 'same', 0, 0, 'uint64_t', 'uint64_t'), (2, 1, 'leases', 'same', 8, 8, 'LEASE[100]', 'LEASE[100]'),
  (3, 0, 'table', 'same', 0, 0, 'LEASE_TABLE', 'LEASE_TABLE'), (3, 1, 'log', 'moved', 6408, 7208, 'FILE *', 'FILE *');
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_leases', 'changed', 0x6010, 0x6010, 6408, 7208, 'LEASE_TABLE', 'LEASE_TABLE', 1, 1);
