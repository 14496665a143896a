-- One number above is enough; another module's higher number is no matter.
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 6), (2, 'dhcpapi.dll', 'previous/dhcpapi.dll', 9);
INSERT INTO previous_base VALUES (1, 0, 0x65a00001, 0x0001abcd), (2, 0, 1, 1);
