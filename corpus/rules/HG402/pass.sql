-- One import less.
INSERT INTO import VALUES (1, 'ws2_32.dll', 'recvmsg', 0);
