-- A constant becomes a variable that only code outside of the patch uses; nobody who runs writes the one that becomes a constant; and
-- the instruction that wants a multiple is in a function that the patch does not bring to life.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_limit', 'changed', 0x5080, 0x6080, 4, 4, 'const int', 'int', 1, 0),
  (2, 'dhcpsrv.exe', 'g_mode', 'changed', 0x6090, 0x5090, 4, 4, 'int', 'const int', 0, 0);
INSERT INTO global_place VALUES (1, 'variable', '.rdata', '.data', 0, 1, 0, 0, NULL, NULL, 0),
  (2, 'variable', '.data', '.rdata', 1, 0, 0, 0, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 202, 0, 1, 0), (2, 205, 1, 0, 0), (2, 102, 1, 0, 0);
INSERT INTO alignment_need VALUES ('dhcpsrv.exe', 'g_key', 202, 0x1120, 0x6008, 16, 'movaps xmm0, xmmword ptr [rip + 0x4000]');
