-- expect: dhcpsrv.exe!??_7Lease@@6B@
-- says: has more functions than the base's: +0x10 WriteAudit is new
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', '??_7Lease@@6B@', 'changed', 0x5100, 0x5100, 16, 24, '', '', 0, 1);
INSERT INTO global_place VALUES (1, 'vtable', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
INSERT INTO function_table_entry VALUES (1, 16, NULL, 207);
