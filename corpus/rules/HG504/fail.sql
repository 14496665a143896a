-- The one before was for last quarter's base; which functions it redirects there says nothing about this one.
-- expect: dhcpsrv.exe
-- says: for a base with time stamp 0x65a00001 and checksum 0x0001abcd; the one before it (previous/dhcpsrv.exe) is for 0x64000001 and 0x0000aaaa
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 6);
INSERT INTO previous_base VALUES (1, 0, 0x64000001, 0x0000aaaa);
INSERT INTO previous_redirect VALUES (1, 0x1900);
