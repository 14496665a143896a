-- expect: dhcpsrv.exe!ParseOptions
-- says: the bytes at RVA 0x1420 do not decode
INSERT INTO not_evaluated VALUES ('dhcpsrv.exe!ParseOptions', 'the bytes at RVA 0x1420 do not decode');
