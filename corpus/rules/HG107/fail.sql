-- expect: dhcpsrv.exe
-- says: 1 of 3 redirects
-- says: base RVA 0x1208 (no function) and leads to patch RVA 0x1824 (no function)
INSERT INTO hotpatch_record VALUES (3, 3, 'function', 0, 0x1208, 0x1824, NULL, NULL);
