-- id: HG104
-- title: Function is redirected although it did not change
-- severity: review
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The redirect gives nothing and takes something: a slot of the address table, a stop of the processors where the
--   entry straddles 8 bytes, and a second copy of the code that may use a second copy of its data. It usually means that
--   the list of hotpatched functions and the fix do not belong together.
-- action: Remove the function from the list of hotpatched functions, or find out why the fix that it should carry is missing.
SELECT p.module || '!' || f.name AS subject,
       printf('%s is redirected, but its code is identical in the base and in the update.', f.name) AS message,
       json_object('function', f.name, 'rva', f.rva, 'matched_by', p.matched_by) AS evidence
FROM hotpatch_record r
JOIN function f ON f.function_id = r.base_function
JOIN function_pair p ON p.pre = f.function_id
WHERE r.kind = 'function' AND NOT r.inverse AND p.status = 'identical'
GROUP BY f.function_id;
