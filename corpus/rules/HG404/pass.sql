-- Older loaders take a list of bases: one of them is ours.
INSERT INTO hotpatch_base VALUES (3, 1, 8, 0x12, 0x65900009, 0x00012345);
