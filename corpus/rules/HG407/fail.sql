-- expect: dhcpsrv.exe
-- says: hotpatch/dhcpsrv.exe is not built for what the base is: cet-compat, guard-cf
INSERT INTO image_property VALUES (1, 'guard-cf'), (1, 'cet-compat'), (1, 'nx'), (3, 'nx');
