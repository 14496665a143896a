-- expect: dhcpsrv.exe!LEASE_TIME
-- says: stands for uint64_t, and stood for uint32_t
-- expect: dhcpsrv.exe!CONTEXT
-- says: has 2 definitions in the base and 3 in the update
INSERT INTO type_pair VALUES (1, 'dhcpsrv.exe', 'LEASE_TIME', 'typedef', 'changed', 4, 8, 'uint32_t', 'uint64_t', 1, 1, 0),
  (2, 'dhcpsrv.exe', 'CONTEXT', 'struct', 'changed', NULL, NULL, NULL, NULL, 2, 3, 1);
