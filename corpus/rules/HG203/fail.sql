-- expect: dhcpsrv.exe!g_renewLimit
-- says: the running process keeps the old value
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_renewLimit', 'changed', 0x6080, 0x6080, 4, 4, 'uint32_t', 'uint32_t', 1, 1);
