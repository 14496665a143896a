-- Both redirected functions are marked, and one that only they call, so that it uses the base's data, too.
INSERT INTO hotpatch_marked VALUES (304), (305), (306);
