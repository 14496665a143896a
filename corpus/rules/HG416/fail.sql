-- expect: dhcpsrv.exe!kernel32.dll!HeapFree
-- says: Record 3: the slot of kernel32.dll!HeapFree (hotpatch RVA 0x5020) gets what the base has for kernel32.dll!HeapAlloc (RVA 0x5018).
INSERT INTO hotpatch_record VALUES (3, 3, 'indirect', 1, 0x5020, 0x5018, NULL, NULL);
INSERT INTO hotpatch_oddity VALUES
  (3, 0, 3, 'other-import', 'kernel32.dll!HeapFree', 'the slot of kernel32.dll!HeapFree (hotpatch RVA 0x5020) gets what the base has for kernel32.dll!HeapAlloc (RVA 0x5018)');
