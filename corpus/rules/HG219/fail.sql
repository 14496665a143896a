-- expect: dhcpsrv.exe!optionLengths
-- says: only running functions of the base read it: HandleMessage and 1 more
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'optionLengths', 'changed', 0x5100, 0x5100, 64, 64, 'const char[64]', 'const char[64]', 0, 1);
INSERT INTO global_place VALUES (1, 'constant', '.rdata', '.rdata', 0, 0, 0, 0, NULL, NULL, 0);
INSERT INTO data_use VALUES (1, 103, 1, 0, 0), (1, 102, 1, 0, 0), (1, 203, 1, 0, 0), (1, 202, 1, 0, 0);
-- The two differ in nothing else, so they are not told again, each by itself.
UPDATE function_pair SET status = 'changed' WHERE pair_id IN (2, 3);
INSERT INTO change_reason VALUES (2, 'constant'), (3, 'constant');
INSERT INTO constant_only_change VALUES (2), (3);
