-- expect: dhcpsrv.exe
-- says: 2 of 4 redirects
-- says: record 3 writes base RVA 0x1208 (no function) and leads to patch RVA 0x1820.
INSERT INTO hotpatch_record VALUES (3, 3, 'function', 0, 0x1208, 0x1820, NULL, 306), (3, 4, 'function', 0, 0x1800, 0x1824, 106, NULL);
