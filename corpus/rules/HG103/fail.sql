-- The half-redirected KB: ProcessRenew is missing from the patch table. AppendOption stays out of it. OnTimer is called by
-- nobody but itself, so something else must call it.
-- expect: dhcpsrv.exe!ProcessRenew
-- expect: dhcpsrv.exe!OnTimer
-- says: HandleMessage calls it. First difference: "test eax, eax" becomes "cmp eax, 0x15180".
-- says: nothing in the image calls it directly
DELETE FROM hotpatch_record WHERE base_function = 105;
INSERT INTO function VALUES (109, 1, 0x1c00, 0x080, 'OnTimer', 'OnTimer', 'pdb', 16, 4, 0, 0),
  (209, 2, 0x1c00, 0x080, 'OnTimer', 'OnTimer', 'pdb', 16, 4, 0, 0);
INSERT INTO call VALUES (109, 109, 0x1c10), (209, 209, 0x1c10);
INSERT INTO function_pair VALUES (9, 'dhcpsrv.exe', 109, 209, 'changed', 'name', 0);
