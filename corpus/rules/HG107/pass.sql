-- Only redirects lead from function to function; slots for data do not.
INSERT INTO hotpatch_record VALUES (3, 3, 'absolute', 1, 0x5010, 0x6020, NULL, NULL);
