-- expect: dhcpsrv.exe!ParseOptions
-- expect: dhcpsrv.exe!ProcessRenew
-- says: 1 byte long
-- says: branches back to its own first 2 bytes (1 times)
UPDATE function SET first_instruction_size = 1 WHERE function_id = 104;
UPDATE function SET branches_to_entry = 1 WHERE function_id = 105;
