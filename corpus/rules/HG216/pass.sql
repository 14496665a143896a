-- Only running functions used it; and a constant has no state.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_pending', 'removed', 0x6100, NULL, 8, NULL, 'int *', NULL, 1, 0),
  (2, 'dhcpsrv.exe', 'optionNames', 'removed', 0x5108, NULL, 4, NULL, 'const int', NULL, 0, 0);
INSERT INTO global_place VALUES (1, 'variable', '.data', NULL, 1, NULL, 0, NULL, NULL, NULL, 0),
  (2, 'constant', '.rdata', NULL, 0, NULL, 0, NULL, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 102, 1, 0, 0), (2, 104, 1, 0, 0);
