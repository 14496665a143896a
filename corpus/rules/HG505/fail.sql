-- Last month's hotpatch redirects WriteAudit too.
-- expect: dhcpsrv.exe!WriteAudit
-- says: previous/dhcpsrv.exe redirects WriteAudit, and this hotpatch image does not
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 6);
INSERT INTO previous_base VALUES (1, 0, 0x65a00001, 0x0001abcd);
INSERT INTO previous_redirect VALUES (1, 0x1400), (1, 0x1900);
