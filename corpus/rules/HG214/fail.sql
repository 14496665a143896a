-- expect: dhcpsrv.exe!ParseOptions::table
-- says: ParseOptions::table is a new static of ParseOptions with a dynamic initialiser (thread-safe guard at 0x6208
INSERT INTO local_static VALUES (1, 'dhcpsrv.exe', 'ParseOptions::table', 'added', 'thread-safe', NULL, 204, NULL, 0x6208, NULL, NULL);
