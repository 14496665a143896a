-- New and removed types have no live objects in the other version; an enumerator more moves nothing; a rename neither.
INSERT INTO type_pair VALUES (1, 'dhcpsrv.exe', 'OPTION_CHECK', 'struct', 'added', NULL, 16),
  (2, 'dhcpsrv.exe', 'OLD_CHECK', 'struct', 'removed', 16, NULL), (3, 'dhcpsrv.exe', 'OPTION_CODE', 'enum', 'changed', 4, 4),
  (4, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64);
INSERT INTO field_pair VALUES
  (3, 0, 'OPTION_RELAY', 'added', NULL, 82, NULL, NULL),
  (4, 0, 'spare', 'removed', 60, NULL, 'uint32_t', NULL), (4, 1, 'reserved', 'added', NULL, 60, NULL, 'uint32_t');
