-- expect: dhcpsrv.exe
-- says: hotpatch/dhcpsrv.exe is marked as hotpatch compatible, and its base pre/dhcpsrv.exe is not.
INSERT INTO image_property VALUES (3, 'hotpatch-compatible');
INSERT INTO hotpatch_oddity VALUES (3, 0, NULL, 'base-not-marked', '', 'the hotpatch image is marked as hotpatch compatible, and the base is not');
