-- id: HG308
-- title: Changed function takes and gives back resources in another balance
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: On some way through the function the update frees what the base kept, or keeps what the base freed: memory, handles,
--   sockets, keys. Where that is not meant, each call on this way loses a block, and a service that nobody restarts runs out of memory
--   days later. Where it is meant, callers that stay old still free what they get, or do not.
-- action: Look for a return between the taking call and the one that gives back. When the ownership moved on purpose, redirect the
--   callers too.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
changed(f, family, pre_text, post_text, gained) AS (
  SELECT pre, substr(aspect, 1, length(aspect) - length(' balance')), pre_text, post_text, gained FROM contract_change
  WHERE aspect LIKE '% balance' AND aspect <> 'lock balance'),
-- A caller that stays old and gives such a thing back: what the new function does not take any more, it frees all the same.
old_giver(f, family, caller) AS (
  SELECT k.callee, c.family, MIN(g.name)
  FROM changed c JOIN call k ON k.callee = c.f
  JOIN resource_balance w ON w.function_id = k.caller AND w.family = c.family AND w.gives > 0
  JOIN function g ON g.function_id = k.caller
  WHERE k.caller IN (SELECT f FROM live)
  GROUP BY k.callee, c.family)
SELECT i.module || '!' || f.name AS subject,
       printf('%s, %s: taken minus given back is %s on the ways through it in the base and %s in the update.%s', f.name, c.family, c.pre_text,
              c.post_text,
              COALESCE((SELECT printf(' The old %s gives back what it gets.', o.caller) FROM old_giver o WHERE o.f = c.f AND o.family = c.family), '')) AS message,
       json_object('function', f.name, 'family', c.family, 'base', c.pre_text, 'update', c.post_text) AS evidence
FROM changed c
JOIN function f ON f.function_id = c.f
JOIN image i USING (image_id)
-- A leak that the update mends: fewer numbers than before, and nobody who would free what is not there.
WHERE c.gained OR EXISTS (SELECT 1 FROM old_giver o WHERE o.f = c.f AND o.family = c.family AND c.f IN (SELECT function_id FROM redirected_function))
ORDER BY i.module, f.name, c.family;
