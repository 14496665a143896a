-- expect: dhcpsrv.exe!optionLengths
-- says: the new ParseOptions goes by the update's, the running HandleMessage by the base's (read by 1 in the patch and 1 running)
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'optionLengths', 'changed', 0x5100, 0x5100, 64, 64, 'const char[64]', 'const char[64]', 0, 1);
INSERT INTO global_place VALUES (1, 'constant', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 103, 1, 0, 0), (1, 104, 1, 0, 0), (1, 203, 1, 0, 0), (1, 204, 1, 0, 0), (1, 304, 1, 0, 0);
