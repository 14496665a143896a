-- expect: dhcpsrv.exe!__ref_g_leases
-- says: Record 2: __ref_g_leases (hotpatch RVA 0x5008) stands for g_leases and is made to lead to the base's g_statistics (RVA 0x6010).
INSERT INTO hotpatch_oddity VALUES
  (3, 0, 2, 'other-variable', '__ref_g_leases', '__ref_g_leases (hotpatch RVA 0x5008) stands for g_leases and is made to lead to the base''s g_statistics (RVA 0x6010)'),
  (3, 1, 2, 'other-size', '__ref_g_leases', 'g_leases has 8 bytes in the hotpatch image and 16 in the base');
