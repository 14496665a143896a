-- expect: dhcpsrv.exe!g_renewLimit
-- says: the running process keeps the old value
INSERT INTO global_pair VALUES (1, 'dhcpsrv.exe', 'g_renewLimit', 'changed', 0x6080, 0x6080, 4, 4, 'uint32_t', 'uint32_t', 1, 1);
-- expect: dhcpsrv.exe!t_level
-- says: the thread-local t_level (4 bytes) change; every thread of the running process has the old value, new ones too
INSERT INTO global_pair VALUES (2, 'dhcpsrv.exe', 't_level', 'changed', 0x7004, 0x7004, 4, 4, 'int', 'int', 1, 1);
INSERT INTO global_place VALUES (2, 'thread', '.tls', '.tls', 1, 1, 0, 0, 4, 4, 0);
