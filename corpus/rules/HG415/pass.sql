-- Two references to two variables.
INSERT INTO hotpatch_record VALUES (3, 3, 'absolute', 1, 0x5018, 0x6030, NULL, NULL);
