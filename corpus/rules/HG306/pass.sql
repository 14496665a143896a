-- A class is new with its vtable, and of another only what lies behind the vtable differs.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', '??_7Pool@@6B@', 'added', NULL, 0x5100, NULL, 24, NULL, '', 0, 0),
  (2, 'dhcpsrv.exe', '??_7Lease@@6B@', 'changed', 0x5100, 0x5118, 16, 40, '', '', 0, 1);
INSERT INTO global_place VALUES (1, 'vtable', NULL, '.rdata', NULL, 0, NULL, 0, NULL, NULL, 0),
  (2, 'vtable', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
