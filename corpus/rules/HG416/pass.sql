INSERT INTO hotpatch_record VALUES (3, 3, 'indirect', 1, 0x5020, 0x5020, NULL, NULL);
