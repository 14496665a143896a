-- The hotpatch image was made from another build: one function that redirected code calls has other code there. And two
-- redirects have each other's target.
-- expect: dhcpsrv.exe!AppendOption
-- expect: dhcpsrv.exe!ParseOptions
-- expect: dhcpsrv.exe!ProcessRenew
-- says: AppendOption: its code in the hotpatch image differs from the update's
-- says: ParseOptions: it is redirected to ProcessRenew, which is another function
UPDATE hotpatch_pair SET status = 'changed' WHERE hotpatch = 306;
UPDATE hotpatch_record SET hotpatch_function = CASE hotpatch_function WHEN 304 THEN 305 ELSE 304 END WHERE kind = 'function';
