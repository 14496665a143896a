-- expect: dhcpsrv.exe!__ref_g_statistics
-- says: __ref_g_statistics (hotpatch RVA 0x5010) is bound by no record: it leads to the hotpatch image's own copy.
INSERT INTO hotpatch_oddity VALUES
  (3, 0, NULL, 'unbound-reference', '__ref_g_statistics', '__ref_g_statistics (hotpatch RVA 0x5010) is bound by no record: it leads to the hotpatch image''s own copy');
