-- Another name for the same value.
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'OPTION_CODE', 'enum', 'changed', 4, 4, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'OPTION_ADRESS', 'removed', 50, NULL, 'enumerator', NULL, 'enumerator', NULL, NULL, 0, NULL),
  (1, 1, 'OPTION_ADDRESS', 'added', NULL, 50, NULL, 'enumerator', 'enumerator', NULL, NULL, NULL, 0);
