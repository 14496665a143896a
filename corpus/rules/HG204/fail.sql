-- The redirected ProcessRenew calls WriteAudit, which was not marked and uses the patch image's own variable.
-- expect: dhcpsrv.exe!WriteAudit
-- says: Path: ProcessRenew -> WriteAudit.
-- says: g_auditLock
INSERT INTO data_access VALUES (307, 0x1930, 0x6040, 'g_auditLock', 1, 'lea rcx, [rip + 0x4709]');
