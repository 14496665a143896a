-- Two lists: ParseOptions was marked, ProcessRenew is redirected without a mark; and the marked HandleMessage stays old.
-- expect: dhcpsrv.exe!HandleMessage
-- expect: dhcpsrv.exe!ProcessRenew
-- says: ProcessRenew is redirected, and the compiler did not mark it
-- says: HandleMessage is marked for a hotpatch by the compiler, and not redirected
INSERT INTO function VALUES (303, 3, 0x1200, 0x100, 'HandleMessage', 'HandleMessage', 'pdb', 16, 3, 0, 0);
INSERT INTO hotpatch_pair VALUES ('dhcpsrv.exe', 203, 303, 'identical');
INSERT INTO hotpatch_marked VALUES (304), (303);
