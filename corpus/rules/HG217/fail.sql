-- expect: dhcpsrv.exe!t_depth
-- expect: dhcpsrv.exe!t_request
-- says: The thread-local t_depth is new (4 bytes at offset 0x8), and the new ParseOptions uses it
-- says: The thread-local t_request moves from offset 0x8 to 0x10
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 't_depth', 'added', NULL, 0x7008, NULL, 4, NULL, 'int', 1, 0),
  (2, 'dhcpsrv.exe', 't_request', 'changed', 0x7008, 0x7010, 8, 8, 'Request *', 'Request *', 1, 0);
INSERT INTO global_place VALUES (1, 'thread', NULL, '.tls', NULL, 1, NULL, 0, NULL, 8, 0),
  (2, 'thread', '.tls', '.tls', 1, 1, 0, 0, 8, 16, 0);
INSERT INTO data_use VALUES (1, 204, 0, 1, 0), (2, 205, 1, 0, 0), (2, 105, 1, 0, 0);
