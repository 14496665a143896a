-- expect: dhcpsrv.exe
-- says: 1 redirected function begins at an address that ends in 7 modulo 8: ParseOptions
UPDATE function SET rva = 0x1407 WHERE function_id = 104;
UPDATE hotpatch_record SET written_rva = 0x1407 WHERE written_rva = 0x1400;
