-- id: HG417
-- title: Patched function is no target of guarded calls, or a contradictory one
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: When the patch is loaded, control flow guard forgets all targets in the patch image but those that its call-target records list.
--   A guarded call through a pointer to a new function that is not listed ends the process.
-- action: See whether patched code takes the address of the function; if it does, build the hotpatch image with a call-target record
--   for it.
SELECT i.module || '!' || o.name AS subject,
       printf('Record %d: %s.', o.record, o.text) AS message,
       json_object('record', o.record, 'kind', o.kind, 'function', o.name) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
WHERE o.kind IN ('call-target-missing', 'call-target-contradicted', 'call-target-no-code')
ORDER BY i.module, o.ordinal;
