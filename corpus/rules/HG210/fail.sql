-- expect: dhcpsrv.exe!.?AVServer@@
-- says: from none to .?AVService@@ at 0x0
INSERT INTO hierarchy_pair VALUES ('dhcpsrv.exe', '.?AVServer@@', '', '.?AVService@@ at 0x0');
