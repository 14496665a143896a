-- expect: dhcpsrv.exe!ws2_32.dll:recvmsg
-- says: now imports recvmsg from ws2_32.dll
INSERT INTO import VALUES (2, 'ws2_32.dll', 'recvmsg', 0);
