-- Another lock; and two redirected functions under one.
INSERT INTO lock_use VALUES (105, 0x1612, 'EnterCriticalSection', 'g_leaseLock'), (104, 0x1412, 'EnterCriticalSection', 'g_leaseLock'),
                            (102, 0x1110, 'EnterCriticalSection', 'g_queueLock');
