-- expect: dhcpsrv.exe!__PatchMainCallout__
-- says: runs at apply and undo time
INSERT INTO export VALUES (3, '__PatchMainCallout__', 2, 0x1a80, '');
