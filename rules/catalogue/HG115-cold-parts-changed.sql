-- id: HG115
-- title: Redirected function changed in the parts beside its body
-- severity: note
-- confidence: high
-- needs: hotpatch
-- mechanism: The compiler put seldom-used code of the function into parts of its own (chained unwind records). The redirect at the entry
--   leads to the new body with its own parts, and the old parts stay for the threads that are in the old body.
-- action: Nothing, unless another function of the base branches into one of the old parts.
SELECT i.module || '!' || f.name AS subject,
       printf('%s, parts beside its body: %s in the base; %s in the update.', f.name, c.pre_text, c.post_text) AS message,
       json_object('function', f.name, 'base', c.pre_text, 'update', c.post_text) AS evidence
FROM contract_change c
JOIN function f ON f.function_id = c.pre
JOIN image i USING (image_id)
WHERE c.aspect = 'cold parts' AND c.pre IN (SELECT function_id FROM redirected_function)
ORDER BY i.module, f.name;
