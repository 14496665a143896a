-- expect: dhcpsrv.exe
-- says: 20 differing bytes in 2 places have no cause; first: post image, file offset 0x30
INSERT INTO ledger_unattributed VALUES ('dhcpsrv.exe', 'post', 0x7000, 16, '.rdata'), ('dhcpsrv.exe', 'post', 0x30, 4, '');
