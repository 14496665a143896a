-- A 2-byte write that crosses an 8-byte border stops all processors, and is no version of anything.
INSERT INTO hotpatch_oddity VALUES (3, 0, 0, 'stops-all-processors', 'ParseOptions', 'the write at ParseOptions crosses an 8-byte border');
