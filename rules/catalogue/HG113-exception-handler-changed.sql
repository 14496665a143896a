-- id: HG113
-- title: Redirected function has another kind of exception handler
-- severity: review
-- confidence: high
-- needs: hotpatch
-- mechanism: The handler decides what an exception that passes through the function does. Old frames on a stack keep the old kind and new
--   ones have the new kind: an exception that one side catches, or a stack cookie that one side checks, the other side lets through.
-- action: Find out why the kind changed (another compiler, another switch such as /EHa or /GS, a new try block), and whether callers count
--   on the old one.
SELECT i.module || '!' || f.name AS subject,
       printf('%s: the exception handler is "%s" in the base and "%s" in the update.', f.name, c.pre_text, c.post_text) AS message,
       json_object('function', f.name, 'base', c.pre_text, 'update', c.post_text) AS evidence
FROM contract_change c
JOIN function f ON f.function_id = c.pre
JOIN image i USING (image_id)
WHERE c.aspect = 'exception handler' AND c.pre IN (SELECT function_id FROM redirected_function)
ORDER BY i.module, f.name;
