-- A worker's loop is what the patch changes.
-- expect: dhcpsrv.exe!ParseOptions
-- says: ParseOptions is what a thread runs (CreateThread in main)
INSERT INTO registration VALUES (104, 'thread', 'CreateThread', 101, 0x1018);
