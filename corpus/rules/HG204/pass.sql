-- A slot in writable memory that an inverse record binds to the base; a callee that touches constants; a function that
-- no redirected one reaches.
INSERT INTO hotpatch_record VALUES (3, 3, 'indirect', 1, 0x6048, 0x6048, NULL, NULL);
INSERT INTO data_access VALUES (307, 0x1930, 0x6048, '__imp_HeapAlloc', 1, 'call qword ptr [rip + 0x4712]'),
  (307, 0x1938, 0x5200, 'auditFormat', 0, 'lea rcx, [rip + 0x38c1]'), (308, 0x1a20, 0x6040, 'g_auditLock', 1, 'lea rcx, [rip + 0x4619]');
