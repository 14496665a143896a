-- A callout that waits, takes a lock of the image by a helper, and uses a variable.
-- expect: dhcpsrv.exe!__PatchMainCallout__
-- says: runs at apply and undo time. It calls ResetCounters, kernel32.dll!HeapAlloc, kernel32.dll!Sleep.
-- says: It uses g_leases of the hotpatch image.
INSERT INTO export VALUES (3, '__PatchMainCallout__', 2, 0x1a80, '');
INSERT INTO function VALUES (309, 3, 0x1a80, 0x40, '__PatchMainCallout__', '__PatchMainCallout__', 'pdb', 16, 3, 0, 1);
INSERT INTO call VALUES (309, 308, 0x1a88);
INSERT INTO import_call VALUES (309, 0x1a90, 'kernel32.dll', 'Sleep', 0), (308, 0x1a10, 'kernel32.dll', 'HeapAlloc', 0);
