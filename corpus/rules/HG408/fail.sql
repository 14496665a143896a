-- expect: dhcpsrv.exe
-- says: hotpatch/dhcpsrv.exe has a TLS directory, and pre/dhcpsrv.exe has none
INSERT INTO image_property VALUES (3, 'tls');
