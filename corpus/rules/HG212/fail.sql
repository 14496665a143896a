-- A limit that was fixed, and that the new code changes; a key that the new code reads 16 bytes at a time.
-- expect: dhcpsrv.exe!g_limit
-- expect: dhcpsrv.exe!g_key
-- expect: dhcpsrv.exe!g_mode
-- says: g_limit is a constant in the base (.rdata) and a variable in the update; ProcessRenew uses it
-- says: has to stand at a multiple of 16 for "movaps xmm0, xmmword ptr [rip + 0x4000]" in ParseOptions, and stands at 0x6008
-- says: ServerLoop goes on writing it
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_limit', 'changed', 0x5080, 0x6080, 4, 4, 'const int', 'int', 1, 0),
  (2, 'dhcpsrv.exe', 'g_mode', 'changed', 0x6090, 0x5090, 4, 4, 'int', 'const int', 0, 0);
INSERT INTO global_place VALUES (1, 'variable', '.rdata', '.data', 0, 1, 0, 0, NULL, NULL, 0),
  (2, 'variable', '.data', '.rdata', 1, 0, 0, 0, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 205, 0, 1, 0), (2, 205, 1, 0, 0), (2, 102, 0, 1, 0);
INSERT INTO alignment_need VALUES ('dhcpsrv.exe', 'g_key', 204, 0x1420, 0x6008, 16, 'movaps xmm0, xmmword ptr [rip + 0x4000]'),
  ('dhcpsrv.exe', 'g_key', 204, 0x1428, 0x6018, 16, 'movaps xmm1, xmmword ptr [rip + 0x4008]');
