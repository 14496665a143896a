-- Older loaders take a list of bases: one in common is enough.
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 6);
INSERT INTO previous_base VALUES (1, 0, 0x64000001, 0x0000aaaa), (1, 1, 0x65a00001, 0x0001abcd);
