-- expect: dhcpsrv.exe
-- says: has sequence number 7, and the one before it (previous/dhcpsrv.exe) has 7
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 7);
INSERT INTO previous_base VALUES (1, 0, 0x65a00001, 0x0001abcd);
