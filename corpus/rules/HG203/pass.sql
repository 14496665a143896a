-- It only moved; a constant's value changed.
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_renewLimit', 'changed', 0x6080, 0x6090, 4, 4, 'uint32_t', 'uint32_t', 1, 0),
  (2, 'dhcpsrv.exe', 'maxOption', 'changed', 0x5080, 0x5080, 4, 4, 'const uint32_t', 'const uint32_t', 0, 1);
