-- Only new code reads the table.
INSERT INTO global_pair VALUES (2, 'dhcpsrv.exe', 'handlers', 'changed', 0x5200, 0x5200, 32, 32, 'Handler[4]', 'Handler[4]', 0, 1);
INSERT INTO global_place VALUES (2, 'constant', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
INSERT INTO function_table_entry VALUES (2, 16, 106, 207);
INSERT INTO data_use VALUES (2, 105, 1, 0, 0), (2, 205, 1, 0, 0);
