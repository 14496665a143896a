-- Another reference symbol, with its record.
INSERT INTO hotpatch_record VALUES (3, 3, 'absolute', 1, 0x5010, 0x6040, NULL, NULL);
