-- A poll does not wait, a caller's wait is not under the redirected function, and what a thread runs is not redirected.
INSERT INTO import_call VALUES (106, 0x1810, 'kernel32.dll', 'WaitForSingleObject', 1),
  (102, 0x1130, 'ws2_32.dll', 'recvfrom', 0), (104, 0x1430, 'kernel32.dll', 'HeapAlloc', 0);
