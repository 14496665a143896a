-- New code sets it itself; another one has the value that the file gives it; a third is handed on, and may be set anywhere.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_renewLimit', 'added', NULL, 0x6200, NULL, 4, NULL, 'int', 1, 0),
  (2, 'dhcpsrv.exe', 'g_least', 'added', NULL, 0x6204, NULL, 4, NULL, 'int', 1, 0),
  (3, 'dhcpsrv.exe', 'g_most', 'added', NULL, 0x6208, NULL, 4, NULL, 'int', 1, 0);
INSERT INTO global_place VALUES (1, 'variable', NULL, '.data', NULL, 1, NULL, 0, NULL, NULL, 0),
  (2, 'variable', NULL, '.data', NULL, 1, NULL, 0, NULL, NULL, 0), (3, 'variable', NULL, '.data', NULL, 1, NULL, 0, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 205, 1, 0, 0), (1, 204, 0, 1, 0), (1, 201, 0, 1, 0), (2, 205, 1, 0, 0), (3, 205, 1, 0, 1), (3, 201, 0, 1, 0);
