-- expect: dhcpsrv.exe
-- says: time stamp 0x65900009 and checksum 0x0001abcd, but the base pre/dhcpsrv.exe has 0x65a00001 and 0x0001abcd
UPDATE hotpatch_base SET timestamp = 0x65900009;
