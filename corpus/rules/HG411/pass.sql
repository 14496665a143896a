-- What is odd and not refused.
INSERT INTO hotpatch_oddity VALUES (3, 0, 0, 'begins-with-jump', 'ParseOptions', 'ParseOptions (RVA 0x1400) begins with a jump');
