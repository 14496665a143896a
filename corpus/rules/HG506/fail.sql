-- A second module changes without a changed function: a table, a new function.
-- expect: dhcpapi.dll
-- says: 1 function added or removed, constant optionLengths changed
INSERT INTO image VALUES (4, 'dhcpapi.dll', 'pre', 'pre/dhcpapi.dll', 'x64', 1, 1, 4096, 4096, '44', 'private'),
  (5, 'dhcpapi.dll', 'post', 'post/dhcpapi.dll', 'x64', 2, 2, 4096, 4096, '55', 'private');
INSERT INTO evidence VALUES ('private', 'dhcpapi.dll', 1, '');
INSERT INTO global_pair VALUES (1, 'dhcpapi.dll', 'optionLengths', 'changed', 0x5100, 0x5100, 64, 64, 'const char[64]', 'const char[64]', 0, 1);
INSERT INTO global_place VALUES (1, 'constant', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
INSERT INTO function VALUES (501, 5, 0x1000, 0x088, 'DhcpQueryEx', 'DhcpQueryEx', 'pdb', 16, 4, 0, 1);
INSERT INTO function_pair VALUES (20, 'dhcpapi.dll', NULL, 501, 'added', '', 0);
