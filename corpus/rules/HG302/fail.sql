-- expect: dhcpsrv.exe!ParseOptions
-- says: under the old ParseOptions: ParseOptions -> AppendOption -> WaitForSingleObject
INSERT INTO import_call VALUES (106, 0x1810, 'kernel32.dll', 'WaitForSingleObject', 0);
