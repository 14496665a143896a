-- What last month's hotpatch redirects is redirected again, and one function more.
INSERT INTO previous_hotpatch VALUES (1, 'dhcpsrv.exe', 'previous/dhcpsrv.exe', 6);
INSERT INTO previous_base VALUES (1, 0, 0x65a00001, 0x0001abcd);
INSERT INTO previous_redirect VALUES (1, 0x1400);
