-- Older loaders take a list of bases: the second of them is ours.
UPDATE hotpatch_base SET ordinal = 1;
INSERT INTO hotpatch_base VALUES (3, 0, 8, 0x12, 0x65900009, 0x00012345);
