-- expect: dhcpsrv.exe!SetUp
-- expect: dhcpsrv.exe!Watch
-- expect: dhcpsrv.exe!WriteAudit
-- says: SetUp is new as initializer (table __xc_a): nobody calls it in the running process
-- says: Watch is new as thread (CreateThread in main)
-- says: WriteAudit is no initializer any more (table __xc_a), but has run
INSERT INTO function VALUES (208, 2, 0x1b00, 0x040, 'SetUp', 'SetUp', 'pdb', 16, 3, 0, 1),
                            (209, 2, 0x1c00, 0x040, 'Watch', 'Watch', 'pdb', 16, 3, 0, 1);
INSERT INTO function_pair VALUES (8, 'dhcpsrv.exe', NULL, 208, 'added', '', 0), (9, 'dhcpsrv.exe', NULL, 209, 'added', '', 0);
INSERT INTO registration VALUES (208, 'initializer', 'table __xc_a', NULL, 0), (209, 'thread', 'CreateThread', 201, 0x1018),
  (107, 'initializer', 'table __xc_a', NULL, 0);
