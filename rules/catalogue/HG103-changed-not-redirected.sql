-- id: HG103
-- title: Changed function is not redirected
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The fix changes this function, but the patch table does not redirect it, so the running process goes on with the
--   old code: the defect stays, or old and new code disagree on the state that they share. A changed function that only
--   redirected functions call is fine, since the patch image brings its own copy.
-- action: Add the function to the list of hotpatched functions, rebuild the hotpatch image and run the gate again.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function)
SELECT c.module || '!' || f.name AS subject,
       printf('%s changed, but the patch table does not redirect it, and it still runs: %s.%s', f.name,
              CASE
                WHEN f.is_root THEN 'it is an entry point, an export or called through a pointer'
                ELSE COALESCE((SELECT MIN(g.name) || ' calls it' FROM live l JOIN call k ON k.caller = l.f
                               JOIN function g ON g.function_id = l.f WHERE k.callee = f.function_id AND l.f <> f.function_id),
                              'nothing in the image calls it directly')
              END,
              COALESCE((SELECT ' First difference: ' || COALESCE('"' || pre_text || '"', 'nothing') || ' becomes '
                               || COALESCE('"' || post_text || '"', 'nothing') || '.'
                        FROM listing s JOIN function_pair p USING (pair_id)
                        WHERE p.pre = f.function_id AND s.differs ORDER BY s.line LIMIT 1), '')) AS message,
       json_object('function', f.name, 'rva', f.rva,
                   'reasons', json((SELECT json_group_array(reason) FROM
                     (SELECT reason FROM change_reason JOIN function_pair p USING (pair_id) WHERE p.pre = f.function_id ORDER BY reason))),
                   'live_callers', json((SELECT json_group_array(name) FROM
                     (SELECT DISTINCT g.name FROM live l JOIN call k ON k.caller = l.f JOIN function g ON g.function_id = l.f
                      WHERE k.callee = f.function_id ORDER BY g.name)))) AS evidence
FROM changed_function c
JOIN function f ON f.function_id = c.pre
JOIN image h ON h.module = c.module AND h.image = 'hotpatch'
JOIN hotpatch t ON t.image_id = h.image_id
WHERE c.pre IN (SELECT f FROM live)
  -- What differs in nothing but constants is told with these, once each: HG213, HG219, HG305, HG306.
  AND NOT EXISTS (SELECT 1 FROM constant_only_change o JOIN function_pair p USING (pair_id) WHERE p.pre = c.pre)
  -- An initialiser that nobody calls has run, and a redirect would change nothing: HG303.
  AND NOT (EXISTS (SELECT 1 FROM registration r WHERE r.function_id = c.pre AND r.kind = 'initializer')
           AND NOT EXISTS (SELECT 1 FROM call k WHERE k.callee = c.pre))
  -- Where a changed function is inlined, HG105 names that as the cause.
  AND NOT EXISTS (SELECT 1 FROM inline_site s JOIN changed_name n ON n.name = s.inlinee AND n.module = c.module
                  WHERE s.function_id IN (c.pre, c.post));
