-- expect: dhcpsrv.exe!OPTION_CODE
-- says: OPTION_AGENT changes from 82 to 83, OPTION_RELAY = 82 is new, a value that was OPTION_AGENT's, OPTION_OLD = 90 is gone
INSERT INTO type_pair (type_id, module, name, kind, status, pre_size, post_size, pre_definitions, post_definitions, ambiguous) VALUES
  (1, 'dhcpsrv.exe', 'OPTION_CODE', 'enum', 'changed', 4, 4, 1, 1, 0);
INSERT INTO field_pair (type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type, kind, pre_bit, post_bit, pre_bits, post_bits) VALUES
  (1, 0, 'OPTION_AGENT', 'moved', 82, 83, 'enumerator', 'enumerator', 'enumerator', NULL, NULL, 0, 0),
  (1, 1, 'OPTION_RELAY', 'added', NULL, 82, NULL, 'enumerator', 'enumerator', NULL, NULL, NULL, 0),
  (1, 2, 'OPTION_OLD', 'removed', 90, NULL, 'enumerator', NULL, 'enumerator', NULL, NULL, 0, NULL);
