-- expect: dhcpsrv.exe!g_renewLimit
-- says: The new ProcessRenew reads the new variable g_renewLimit, but SetUp, which sets it, does not run in the patched process: it is an initialiser
INSERT INTO function VALUES (208, 2, 0x1b00, 0x040, 'SetUp', 'SetUp', 'pdb', 16, 3, 0, 1);
INSERT INTO registration VALUES (208, 'initializer', 'table __xc_a', NULL, 0);
INSERT INTO function_pair VALUES (8, 'dhcpsrv.exe', NULL, 208, 'added', '', 0);
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_renewLimit', 'added', NULL, 0x6200, NULL, 4, NULL, 'int', 1, 0);
INSERT INTO global_place VALUES (1, 'variable', NULL, '.data', NULL, 1, NULL, 0, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 205, 1, 0, 0), (1, 208, 0, 1, 0);
