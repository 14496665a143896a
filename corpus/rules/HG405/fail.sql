-- A second module changed, and nobody made a hotpatch image for it.
-- expect: dhcpapi.dll
-- says: 1 function of dhcpapi.dll changed
INSERT INTO image VALUES (4, 'dhcpapi.dll', 'pre', 'pre/dhcpapi.dll', 'x64', 1, 1, 4096, 4096, '44', 'private'),
  (5, 'dhcpapi.dll', 'post', 'post/dhcpapi.dll', 'x64', 2, 2, 4096, 4096, '55', 'private');
INSERT INTO evidence VALUES ('private', 'dhcpapi.dll', 1, '');
INSERT INTO function VALUES (401, 4, 0x1000, 0x080, 'DhcpQuery', 'DhcpQuery', 'pdb', 16, 4, 0, 1),
  (501, 5, 0x1000, 0x088, 'DhcpQuery', 'DhcpQuery', 'pdb', 16, 4, 0, 1);
INSERT INTO function_pair VALUES (20, 'dhcpapi.dll', 401, 501, 'changed', 'name', 0);
