-- Redirected, and changed.
UPDATE function SET padding = 16 WHERE function_id = 107;
UPDATE function_pair SET status = 'changed' WHERE pair_id = 7;
INSERT INTO hotpatch_record VALUES (3, 3, 'function', 0, 0x1900, 0x1920, 107, 307);
