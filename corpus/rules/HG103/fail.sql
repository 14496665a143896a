-- The half-redirected KB: ProcessRenew is missing from the patch table. WriteAudit and AppendOption stay out of it.
-- expect: dhcpsrv.exe!ProcessRenew
-- says: HandleMessage calls it
DELETE FROM hotpatch_record WHERE base_function = 105;
