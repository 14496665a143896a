-- expect: KB5099001
-- says: holds 1 hotpatch image: hotpatch/dhcpsrv.exe
UPDATE kb SET track = 'baseline';
