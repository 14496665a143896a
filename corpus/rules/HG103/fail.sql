-- The half-redirected KB: ProcessRenew is missing from the patch table. WriteAudit and AppendOption stay out of it.
-- expect: dhcpsrv.exe!ProcessRenew
-- says: HandleMessage calls it. First difference: "test eax, eax" becomes "cmp eax, 0x15180".
DELETE FROM hotpatch_record WHERE base_function = 105;
