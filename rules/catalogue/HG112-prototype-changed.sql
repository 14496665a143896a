-- id: HG112
-- title: Redirected function is called by old code with the old arguments
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The update gives the function another prototype, and its callers are compiled for that. In the running process callers that
--   are not redirected go on with the old code: they put the old arguments into registers and read the old result, so the new function
--   works on what nobody gave it.
-- action: Redirect every caller that is named too, or keep the old prototype and put the new one into a function of its own.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
changed(module, f, name, is_root, pre_text, post_text) AS (
  SELECT i.module, f.function_id, f.name, f.is_root, c.pre_text, c.post_text
  FROM contract_change c
  JOIN function f ON f.function_id = c.pre
  JOIN image i USING (image_id)
  WHERE c.aspect = 'prototype' AND c.pre IN (SELECT function_id FROM redirected_function)),
old_caller(f, caller) AS (
  SELECT DISTINCT k.callee, g.name FROM call k JOIN function g ON g.function_id = k.caller
  WHERE k.callee IN (SELECT f FROM changed) AND k.caller <> k.callee AND k.caller IN (SELECT f FROM live)
  ORDER BY k.callee, g.name)
SELECT c.module || '!' || c.name AS subject,
       printf('%s is "%s" in the base and "%s" in the update, and old code calls it: %s.', c.name, c.pre_text, c.post_text,
              COALESCE((SELECT group_concat(o.caller, ', ') FROM (SELECT caller FROM old_caller WHERE f = c.f LIMIT 3) o),
                       'it is exported, or called through a pointer')) AS message,
       json_object('function', c.name, 'base', c.pre_text, 'update', c.post_text,
                   'old_callers', json((SELECT json_group_array(caller) FROM old_caller WHERE f = c.f))) AS evidence
FROM changed c
WHERE c.is_root OR EXISTS (SELECT 1 FROM old_caller o WHERE o.f = c.f)
ORDER BY c.module, c.name;
