-- A limit among the mutable data: read by redirected code, written by nobody.
-- expect: dhcpsrv.exe!g_limit
-- says: WriteAudit of the hotpatch image reads its own copy of g_limit, which nobody writes in any build
INSERT INTO data_access VALUES (307, 0x1924, 0x6020, 'g_limit', 1, 'mov eax, dword ptr [rip + 0x46f6]');
INSERT INTO state_reach VALUES (305, 'ProcessRenew'), (307, 'ProcessRenew -> WriteAudit');
INSERT INTO state_access VALUES (307, 0x1924, 0x6020, 'g_limit', 'own copy', '', '', 'read', 'mov eax, dword ptr [rip + 0x46f6]');
INSERT INTO state_datum VALUES (3, 0x6020, 4, 'g_limit', '');
