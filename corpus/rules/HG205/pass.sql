-- The same with private symbols on both sides: the types say whether a layout changed, and none did.
INSERT INTO inferred_layout VALUES (1, 'dhcpsrv.exe', 'inserted', 'high', 72, 8, 2, 3, 1, 0, 0,
  '2 functions access members from +0x48 on at 8 bytes more, and 1 size grows from 64 to 72 bytes');
INSERT INTO inferred_layout_evidence VALUES (1, 0, 'displacement', 103, 0x1210, 0x1210, 72, 80, '');
