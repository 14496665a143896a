-- expect: dhcpsrv.exe!ProcessRenew
-- says: also serves ProcessInform
INSERT INTO function_name VALUES (105, 'ProcessInform');
