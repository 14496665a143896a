-- expect: dhcpsrv.exe!??_7Lease@@6B@
-- expect: dhcpsrv.exe!handlers
-- says: +0x8 leads to AppendOption instead of ParseOptions (redirected); objects that exist keep the base's
-- says: Table handlers differs: +0x10 leads to WriteAudit instead of AppendOption; HandleMessage goes on with the base's
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', '??_7Lease@@6B@', 'changed', 0x5100, 0x5100, 16, 16, '', '', 0, 1),
  (2, 'dhcpsrv.exe', 'handlers', 'changed', 0x5200, 0x5200, 32, 32, 'Handler[4]', 'Handler[4]', 0, 1);
INSERT INTO global_place VALUES (1, 'vtable', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0),
  (2, 'constant', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
INSERT INTO function_table_entry VALUES (1, 8, 104, 206), (2, 16, 106, 207);
INSERT INTO data_use VALUES (2, 103, 1, 0, 0), (2, 203, 1, 0, 0), (2, 205, 1, 0, 0);
