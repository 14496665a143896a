-- Last month's hotpatch redirects WriteAudit, which the update does not change, and AppendOption, which it does; and it patches another
-- image, for which this KB has none.
-- expect: dhcpsrv.exe!AppendOption
-- expect: dhcpsrv.exe!WriteAudit
-- expect: dhcpcsvc.dll
-- says: previous/dhcpsrv.exe redirects WriteAudit, and this hotpatch image does not. The update has the base's code of it
-- says: does not. The update still changes it: the fix is gone until the next restart.
-- says: previous/dhcpcsvc.dll redirects 2 functions, and this KB has no hotpatch image for dhcpcsvc.dll
INSERT INTO image VALUES (4, 'dhcpcsvc.dll', 'pre', 'pre/dhcpcsvc.dll', 'x64', 0x65a00009, 0x0001abc0, 0x40000, 0x38000,
   '4444444444444444444444444444444444444444444444444444444444444444', 'private');
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 6), (2, 'dhcpcsvc.dll', 'previous/dhcpcsvc.dll', 6);
INSERT INTO previous_base VALUES (1, 0, 0x65a00001, 0x0001abcd), (2, 0, 0x65a00009, 0x0001abc0);
INSERT INTO previous_redirect VALUES (1, 0x1400), (1, 0x1800), (1, 0x1900), (2, 0x1000), (2, 0x1100);
