-- expect: dhcpsrv.exe!g_ring
-- says: from AUDIT_ROW[64] (4096 bytes) to AUDIT_ROW[128] (8192 bytes)
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_ring', 'changed', 0x6100, 0x6100, 4096, 8192, 'AUDIT_ROW[64]', 'AUDIT_ROW[128]', 1, 1);
