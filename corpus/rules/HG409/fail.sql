-- expect: dhcpsrv.exe
-- says: 1 rel32 record in the patch table of hotpatch/dhcpsrv.exe, the first for RVA 0x5010
INSERT INTO hotpatch_record VALUES (3, 3, 'rel32', 1, 0x5010, 0x1900, NULL, NULL);
