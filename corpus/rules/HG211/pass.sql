-- A new name for a type; and a new definition of a name that nothing had.
INSERT INTO type_pair VALUES (1, 'dhcpsrv.exe', 'LEASE_TIME', 'typedef', 'added', NULL, 8, NULL, 'uint64_t', 0, 1, 0),
  (2, 'dhcpsrv.exe', 'CONTEXT', 'struct', 'added', NULL, NULL, NULL, NULL, 0, 2, 1);
