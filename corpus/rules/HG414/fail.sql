-- expect: dhcpsrv.exe!__ref_g_leases
-- says: Record 2: __ref_g_leases (hotpatch RVA 0x5008) holds no pointer: no base relocation changes it.
INSERT INTO hotpatch_oddity VALUES
  (3, 0, 2, 'slot-no-pointer', '__ref_g_leases', '__ref_g_leases (hotpatch RVA 0x5008) holds no pointer: no base relocation changes it'),
  (3, 1, 2, 'slot-twice', '__ref_g_leases', 'record 1 writes to __ref_g_leases (hotpatch RVA 0x5008) too');
