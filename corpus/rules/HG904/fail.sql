-- expect: dhcpsrv.exe!ParseOptions
-- expect: dhcpsrv.exe!ProcessRenew
-- says: 2 of its instructions differently; first, in the pre image at RVA 0x1404: incsspq rax (LLVM) or lfence (Capstone 4.0.2)
-- says: first, in the hotpatch image at RVA 0x1630: ud1 eax, eax (LLVM) or ud2b (Capstone 4.0.2)
-- The same function on all sides is one finding.
INSERT INTO decoder_disagreement VALUES (104, 2, 0), (204, 1, 0), (304, 1, 0), (305, 1, 0);
INSERT INTO decoder_disagreement_place VALUES
  (104, 0x1404, 'operation', 'incsspq rax', 'lfence'), (104, 0x1440, 'operation', 'rdpid rax', 'rdseed eax'),
  (204, 0x1408, 'operation', 'wbnoinvd', 'wbinvd'), (304, 0x1404, 'operation', 'incsspq rax', 'lfence'),
  (305, 0x1630, 'boundary', 'ud1 eax, eax', 'ud2b');
