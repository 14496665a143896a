-- Constants belong to the code that uses them: each version has its own. New variables have no old value.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'optionNames', 'changed', 0x5100, 0x5100, 64, 72, 'const char *[8]', 'const char *[9]', 0, 1),
  (2, 'dhcpsrv.exe', 'g_dropped', 'added', NULL, 0x6200, NULL, 8, NULL, 'uint64_t', 1, 0);
-- Told by others where it matters: a constant becomes a variable (HG212), a thread-local one has another type (HG217).
INSERT INTO global_pair VALUES (3, 'dhcpsrv.exe', 'g_limit', 'changed', 0x5080, 0x6080, 4, 4, 'const int', 'int', 1, 0),
  (4, 'dhcpsrv.exe', 't_level', 'changed', 0x7004, 0x7004, 4, 8, 'int', 'long long', 1, 0);
INSERT INTO global_place VALUES (3, 'variable', '.rdata', '.data', 0, 1, 0, 0, NULL, NULL, 0),
  (4, 'thread', '.tls', '.tls', 1, 1, 0, 0, 4, 4, 0);
