-- expect: dhcpsrv.exe
-- says: hotpatch/dhcpsrv.exe has writable code (.merged)
INSERT INTO image_property VALUES (3, 'writable-code');
INSERT INTO section VALUES (3, '.merged', 0x9000, 0x1000, 0x9000, 0x1000, 0xe0000020);
