-- expect: dhcpsrv.exe
-- says: refuses hotpatch/dhcpsrv.exe with 0xC0000018: 48 89 stands at RVA 0x1400 of the base, and the record expects 40 53 (record 0, hotpatch table, RVA 0x40048); 1 more once that is mended.
INSERT INTO loader_refusal VALUES
  (3, 0, 0, 0xC0000018, 0x40048, 0x38048, 'record 0, hotpatch table, RVA 0x40048', '48 89 stands at RVA 0x1400 of the base, and the record expects 40 53'),
  (3, 1, 1, 0xC0000018, 0x40058, 0x38058, 'record 1, hotpatch table, RVA 0x40058', 'the function at RVA 0x1600 begins with eb f9');
