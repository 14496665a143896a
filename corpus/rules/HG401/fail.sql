-- expect: dhcpsrv.exe!DhcpQuery
-- expect: dhcpsrv.exe!ServiceMain
-- expect: dhcpsrv.exe!#7
-- says: Export DhcpQuery is new
-- says: has ordinal 2 instead of 1
-- says: Export #7 is removed
INSERT INTO export VALUES (1, '', 7, 0x1700, '');
INSERT INTO export VALUES (2, 'DhcpQuery', 3, 0x1700, '');
UPDATE export SET ordinal = 2 WHERE image_id = 2 AND name = 'ServiceMain';
