-- Public symbols only: members moved behind one pointer, and what is allocated grew along.
-- expect: dhcpsrv.exe!HandleMessage +0x48
-- says: 2 functions access members from +0x48 on at 8 bytes more, and 1 size grows from 64 to 72 bytes
-- says: First in HandleMessage
UPDATE image SET symbols = 'public';
INSERT INTO inferred_layout VALUES (1, 'dhcpsrv.exe', 'inserted', 'high', 72, 8, 2, 3, 1, 0, 0,
  '2 functions access members from +0x48 on at 8 bytes more, and 1 size grows from 64 to 72 bytes');
INSERT INTO inferred_layout_evidence VALUES
  (1, 0, 'displacement', 103, 0x1210, 0x1210, 72, 80, ''), (1, 1, 'displacement', 103, 0x1218, 0x1218, 80, 88, ''),
  (1, 2, 'displacement', 105, 0x1610, 0x1630, 72, 80, ''), (1, 3, 'size', 103, 0x1230, 0x1230, 64, 72, 'call argument of kernel32.dll!HeapAlloc');
-- Only the size differs: there is no place to name.
-- expect: dhcpsrv.exe!ParseOptions
INSERT INTO inferred_layout VALUES (2, 'dhcpsrv.exe', 'grown', 'high', NULL, 8, 1, 0, 1, 0, 0, '1 size grows from 64 to 72 bytes');
INSERT INTO inferred_layout_evidence VALUES (2, 0, 'size', 104, 0x1430, 0x1430, 64, 72, 'call argument of kernel32.dll!HeapAlloc');
