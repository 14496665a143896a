-- The second module has another version, another dialog and other code places, all for the next start.
INSERT INTO image VALUES (4, 'dhcpapi.dll', 'pre', 'pre/dhcpapi.dll', 'x64', 1, 1, 4096, 4096, '44', 'private'),
  (5, 'dhcpapi.dll', 'post', 'post/dhcpapi.dll', 'x64', 2, 2, 4096, 4096, '55', 'private');
INSERT INTO evidence VALUES ('private', 'dhcpapi.dll', 1, '');
INSERT INTO ledger VALUES ('dhcpapi.dll', 'same', 4000, 4000), ('dhcpapi.dll', 'resource', 60, 64), ('dhcpapi.dll', 'build stamp', 32, 32),
  ('dhcpapi.dll', 'constant', 0, 0);
