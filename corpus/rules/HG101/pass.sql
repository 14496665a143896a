-- Too little room, but only in front of functions that are not redirected (the hotpatch image calls one of them through a slot),
-- and just enough in front of one that is.
UPDATE function SET padding = 0 WHERE function_id = 103;
INSERT INTO hotpatch_record VALUES (3, 3, 'absolute', 1, 0x5010, 0x1200, 103, NULL);
UPDATE function SET padding = 6 WHERE function_id = 104;
