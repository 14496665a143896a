-- More places, all as predicted.
INSERT INTO lab_bytes VALUES (1, 'apply', 0x13fb, 'ParseOptions', 'e900000000', 'e900000000', 'pre');
-- A slot of the hotpatch image, bound as predicted.
INSERT INTO lab_bytes VALUES (1, 'apply', 0x5008, '__ref_g_leases', '1060004001000000', '1060004001000000', 'hotpatch');
