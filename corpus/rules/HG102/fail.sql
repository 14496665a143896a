-- expect: dhcpsrv.exe!ParseOptions
-- expect: dhcpsrv.exe!ProcessRenew
-- says: 1 byte long
-- says: branches back to its own first 2 bytes (1 times)
UPDATE function SET first_instruction_size = 1 WHERE function_id = 104;
UPDATE function SET branches_to_entry = 1 WHERE function_id = 105;
-- expect: dhcpsrv.exe!AppendOption
-- says: NextOption begins at RVA 0x1804, among the bytes that the redirect of AppendOption (RVA 0x1800) writes.
INSERT INTO hotpatch_record VALUES (3, 3, 'function', 0, 0x1800, 0x1820, 106, 306);
INSERT INTO hotpatch_oddity VALUES
  (3, 0, 3, 'shares-bytes', 'AppendOption', 'NextOption begins at RVA 0x1804, among the bytes that the redirect of AppendOption (RVA 0x1800) writes');
