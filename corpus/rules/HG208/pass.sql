-- A class that is new, and one that lost its only virtual function together with its last object, have no old vtable to go by.
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'SERVER', 'class', 'added', NULL, 16, 1, 1, 0),
  (2, 'dhcpsrv.exe', 'OLD_SERVER', 'class', 'removed', 16, NULL, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'Run', 'added', NULL, 0, NULL, 'int SERVER::(int)', 'virtual function', NULL, NULL, NULL, 0),
  (2, 0, 'Run', 'removed', 0, NULL, 'int SERVER::(int)', NULL, 'virtual function', NULL, NULL, 0, NULL);
