-- The kinds that loaders handle.
INSERT INTO hotpatch_record VALUES (3, 3, 'indirect', 1, 0x5010, 0x6018, NULL, NULL), (3, 4, 'call-target', 1, 0x1400, 0, NULL, NULL);
