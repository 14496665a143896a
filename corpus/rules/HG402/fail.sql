-- expect: dhcpsrv.exe!ws2_32.dll:recvmsg
-- expect: dhcpsrv.exe!kernel32.dll:HeapSize
-- says: now imports recvmsg from ws2_32.dll
-- says: now imports HeapSize from kernel32.dll
INSERT INTO import VALUES (2, 'ws2_32.dll', 'recvmsg', 0), (3, 'ws2_32.dll', 'recvmsg', 0), (3, 'kernel32.dll', 'HeapSize', 0);
