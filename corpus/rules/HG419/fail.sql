-- expect: dhcpsrv.exe!ParseOptions
-- expect: dhcpsrv.exe
-- says: ParseOptions (RVA 0x1400) has several versions, of which the system chooses one when it loads the base.
-- says: The base has CHPE metadata: code for two instruction sets.
INSERT INTO hotpatch_oddity VALUES
  (3, 0, 0, 'function-override', 'ParseOptions', 'ParseOptions (RVA 0x1400) has several versions, of which the system chooses one when it loads the base'),
  (3, 1, NULL, 'hybrid-code', '', 'the base has CHPE metadata: code for two instruction sets');
