-- expect: dhcpsrv.exe!SERVER
-- says: Renew is new at 0x8, Stop 0x8 -> 0x10
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'SERVER', 'class', 'changed', 16, 16, 1, 1, 0),
  (2, 'dhcpsrv.exe', 'LOGGING_SERVER', 'class', 'changed', 24, 24, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'Run', 'same', 0, 0, 'int SERVER::(int)', 'int SERVER::(int)', 'virtual function', NULL, NULL, 0, 0),
  (1, 1, 'Renew', 'added', NULL, 8, NULL, 'int SERVER::(int)', 'virtual function', NULL, NULL, NULL, 0),
  (1, 2, 'Stop', 'moved', 8, 16, 'int SERVER::(int)', 'int SERVER::(int)', 'virtual function', NULL, NULL, 0, 0),
  (2, 0, 'base SERVER', 'same', 0, 0, 'SERVER', 'SERVER', 'base', NULL, NULL, 128, 128),
  (2, 1, 'Log', 'moved', 16, 24, 'int SERVER::(int)', 'int SERVER::(int)', 'virtual function', NULL, NULL, 0, 0);
INSERT INTO type_cause VALUES (2, 1);
INSERT INTO type_reach VALUES (1, 'pointed to by', 'REGISTRY', NULL, 0, 0), (2, 'global', 'g_server', NULL, 0x6210, 0);
