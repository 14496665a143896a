-- More places, all as predicted.
INSERT INTO lab_bytes VALUES (1, 'apply', 0x13fb, 'ParseOptions', 'e900000000', 'e900000000');
