-- expect: dhcpsrv.exe!ParseOptions
-- says: Record 0: the new ParseOptions (hotpatch RVA 0x1400) is in the guard table, but no CALL_TARGET record lets a guarded call lead to it.
INSERT INTO hotpatch_oddity VALUES
  (3, 0, 0, 'call-target-missing', 'ParseOptions', 'the new ParseOptions (hotpatch RVA 0x1400) is in the guard table, but no CALL_TARGET record lets a guarded call lead to it');
