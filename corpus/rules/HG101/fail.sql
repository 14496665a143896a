-- expect: dhcpsrv.exe!ParseOptions
-- says: 4 filler bytes
UPDATE function SET padding = 4 WHERE function_id = 104;
