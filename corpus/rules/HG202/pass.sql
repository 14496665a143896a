-- Constants belong to the code that uses them: each version has its own. New variables have no old value.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'optionNames', 'changed', 0x5100, 0x5100, 64, 72, 'const char *[8]', 'const char *[9]', 0, 1),
  (2, 'dhcpsrv.exe', 'g_dropped', 'added', NULL, 0x6200, NULL, 8, NULL, 'uint64_t', 1, 0);
