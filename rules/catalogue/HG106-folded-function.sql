-- id: HG106
-- title: Redirected body is shared by several functions that the update keeps apart
-- severity: review
-- confidence: medium
-- needs: private, hotpatch
-- mechanism: The linker folded functions with equal code into one body. Redirecting that body redirects all of them, so
--   functions that the fix does not touch run the new code as well.
-- action: Check that the new code is right for every name that is listed; else link the base with /opt:noicf for them and
--   leave the fix to the next baseline.
SELECT h.module || '!' || f.name AS subject,
       printf('The body of %s in the base also serves %s, and the update gives %s other code.', f.name,
              group_concat(n.name, ', '), CASE COUNT(*) WHEN 1 THEN 'that name' ELSE 'those names' END) AS message,
       json_object('function', f.name, 'rva', f.rva, 'other_names', json(json_group_array(n.name))) AS evidence
FROM (SELECT DISTINCT image_id, base_function FROM hotpatch_record WHERE kind = 'function' AND NOT inverse) r
JOIN image h ON h.image_id = r.image_id
JOIN function f ON f.function_id = r.base_function
LEFT JOIN function_pair p ON p.pre = f.function_id
JOIN (SELECT function_id, name FROM function_name ORDER BY name) n ON n.function_id = f.function_id AND n.name <> f.name
-- Where the update folds the same names again, the one redirect is what all of them need.
WHERE NOT EXISTS (SELECT 1 FROM function_name o WHERE o.function_id = p.post AND o.name = n.name)
GROUP BY f.function_id;
