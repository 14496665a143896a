-- expect: dhcpsrv.exe!ProcessRenew
-- says: ProcessRenew takes g_leaseLock, as does what stays old: HandleMessage, ServerLoop
INSERT INTO lock_use VALUES (105, 0x1612, 'EnterCriticalSection', 'g_leaseLock'), (103, 0x1210, 'EnterCriticalSection', 'g_leaseLock'),
                            (102, 0x1110, 'EnterCriticalSection', 'g_leaseLock');
