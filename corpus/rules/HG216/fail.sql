-- expect: dhcpsrv.exe!g_pending
-- expect: dhcpsrv.exe!ParseOptions::seen
-- says: The new ProcessRenew uses g_pending no more, but ServerLoop, which is not redirected, goes on using it
-- says: The new ParseOptions uses ParseOptions::seen no more, and what the process keeps in it is lost
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_pending', 'removed', 0x6100, NULL, 8, NULL, 'int *', NULL, 1, 0),
  (2, 'dhcpsrv.exe', 'ParseOptions::seen', 'removed', 0x6108, NULL, 4, NULL, 'int', NULL, 1, 0);
INSERT INTO global_place VALUES (1, 'variable', '.data', NULL, 1, NULL, 0, NULL, NULL, NULL, 0),
  (2, 'variable', '.data', NULL, 1, NULL, 0, NULL, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 105, 0, 1, 0), (1, 102, 1, 0, 0), (2, 104, 0, 1, 0);
