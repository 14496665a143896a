-- An unchanged function's own time to wait is nobody's business.
INSERT INTO import_call VALUES (103, 0x1250, 'kernel32.dll', 'Sleep', 0);
