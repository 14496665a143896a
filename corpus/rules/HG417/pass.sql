INSERT INTO hotpatch_record VALUES (3, 3, 'call-target', 1, 0x1400, 0x1400, 104, 304);
