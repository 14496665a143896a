-- expect: dhcpsrv.exe
-- says: Capstone 4.0.2 does not know 23 instructions in 2 functions (kmovq, vaesenc, vpternlogq)
INSERT INTO decoder_disagreement VALUES (204, 0, 20), (205, 0, 3);
INSERT INTO decoder_disagreement_place VALUES
  (204, 0x1404, 'unknown', 'vaesenc zmm0, zmm1, zmm0', ''), (204, 0x140a, 'unknown', 'vpternlogq ymm3, ymm0, ymm1, 0x96', ''),
  (204, 0x1411, 'unknown', 'vaesenc zmm0, zmm1, zmm2', ''), (205, 0x1640, 'unknown', 'kmovq k1, qword ptr [r12]', '');
