-- The state was read by code that still runs, and is a set of flags now.
-- expect: dhcpsrv.exe!LEASE
-- says: retyped state at 0x3c (uint32_t -> LEASE_FLAGS)
-- expect: dhcpsrv.exe!SERVER
-- says: added Renew (virtual) at 0x10
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64, 1, 1, 0),
  (2, 'dhcpsrv.exe', 'SERVER', 'class', 'changed', 16, 16, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'address', 'same', 0, 0, 'uint32_t', 'uint32_t', 'member', NULL, NULL, 32, 32),
  (1, 1, 'state', 'retyped', 60, 60, 'uint32_t', 'LEASE_FLAGS', 'member', NULL, NULL, 32, 32),
  (2, 0, 'Run', 'same', 0, 0, 'void SERVER::()', 'void SERVER::()', 'virtual function', NULL, NULL, 0, 0),
  (2, 1, 'Stop', 'same', 8, 8, 'void SERVER::()', 'void SERVER::()', 'virtual function', NULL, NULL, 0, 0),
  (2, 2, 'Renew', 'added', NULL, 16, NULL, 'void SERVER::()', 'virtual function', NULL, NULL, NULL, 0);
INSERT INTO type_reach VALUES (1, 'global', 'g_leases', NULL, 0x6010, 0), (2, 'global', 'g_server', NULL, 0x6210, 0);
