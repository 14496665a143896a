-- expect: dhcpsrv.exe!WriteAudit
-- says: identical in the base and in the update
UPDATE function SET padding = 16 WHERE function_id = 107;
INSERT INTO hotpatch_record VALUES (3, 3, 'function', 0, 0x1900, 0x1920, 107, 307);
