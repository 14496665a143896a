-- expect: dhcpsrv.exe!LEASE
-- says: added renewals at 0x3c (uint32_t)
INSERT INTO type_pair VALUES (1, 'dhcpsrv.exe', 'LEASE', 'struct', 'changed', 64, 64);
INSERT INTO field_pair VALUES (1, 0, 'address', 'same', 0, 0, 'uint32_t', 'uint32_t'), (1, 1, 'renewals', 'added', NULL, 60, NULL, 'uint32_t');
