-- The member has another name, and is the same in all else.
INSERT INTO type_pair VALUES (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64);
INSERT INTO field_pair VALUES (1, 0, 'adress', 'removed', 0, NULL, 'uint32_t', NULL), (1, 1, 'address', 'added', NULL, 0, NULL, 'uint32_t');
