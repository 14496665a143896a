-- A second slot of its own.
INSERT INTO hotpatch_record VALUES (3, 3, 'absolute', 1, 0x5010, 0x6020, NULL, NULL);
