-- A base as the symbols say it, of a class without run-time type data: that is a matter of the layout.
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'SERVER', 'class', 'added', NULL, 16, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'base SERVICE', 'added', NULL, 0, NULL, 'SERVICE', 'base', NULL, NULL, NULL, 64);
