-- id: HG108
-- title: Hotpatch image does not hold the code of the update
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The hot fix must be the cold fix: what redirected functions run in the hotpatch image has to be the code that the update
--   installs for the next start. Otherwise running machines get code that nobody compared with the base, and behave otherwise
--   after their next restart.
-- action: Build the hotpatch image again from exactly the update's build, and compare the patch table's targets with its symbols.
WITH RECURSIVE
redirect(image_id, base, target) AS (
  SELECT image_id, base_function, hotpatch_function FROM hotpatch_record
  WHERE kind = 'function' AND NOT inverse AND hotpatch_function IS NOT NULL),
-- What redirected code reaches in the hotpatch image.
reached(f) AS (
  SELECT target FROM redirect
  UNION
  SELECT c.callee FROM reached JOIN call c ON c.caller = reached.f),
wrong(image_id, f, why) AS (
  SELECT p.image_id, p.function_id,
         CASE (SELECT status FROM hot_fix h WHERE h.hotpatch = p.function_id)
           WHEN 'changed' THEN 'its code in the hotpatch image differs from the update''s'
           ELSE 'the update has no such function' END
  FROM reached JOIN function p ON p.function_id = reached.f
  -- What only goes through reference slots is proved to do the same, or it is HG110's.
  WHERE NOT EXISTS (SELECT 1 FROM hot_fix h WHERE h.hotpatch = p.function_id
                    AND h.status IN ('identical', 'identical through slots', 'not proved'))
  UNION ALL
  SELECT r.image_id, r.base, printf('it is redirected to %s, which is another function', t.name)
  FROM redirect r
  JOIN function t ON t.function_id = r.target
  JOIN function_pair p ON p.pre = r.base
  JOIN hotpatch_pair h ON h.post = p.post
  WHERE h.hotpatch IS NOT r.target)
SELECT i.module || '!' || f.name AS subject,
       printf('%s: %s.', f.name, group_concat(w.why, '; ')) AS message,
       json_object('function', f.name, 'rva', f.rva) AS evidence
FROM (SELECT * FROM wrong ORDER BY f, why) w
JOIN function f ON f.function_id = w.f
JOIN image i ON i.image_id = w.image_id
GROUP BY w.image_id, w.f;
