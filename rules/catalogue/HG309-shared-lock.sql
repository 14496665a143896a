-- id: HG309
-- title: Old and new code work under the same lock
-- severity: note
-- confidence: high
-- needs: hotpatch
-- mechanism: Threads in the old and in the new version run side by side, and a lock keeps them apart only in time: whatever one leaves in
--   the data that the lock protects, the other finds. An invariant that only the new version keeps does not hold there.
-- action: Check that the old functions that are named can live with what the new ones leave behind, and the reverse.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
shared(module, f, name, lock, other) AS (
  SELECT DISTINCT i.module, f.function_id, f.name, u.lock, g.name
  FROM lock_use u
  JOIN changed_function c ON c.pre = u.function_id
  JOIN function f ON f.function_id = u.function_id
  JOIN image i USING (image_id)
  JOIN function g ON g.image_id = f.image_id AND g.function_id <> f.function_id
  JOIN lock_use o ON o.function_id = g.function_id AND o.lock = u.lock
  WHERE f.function_id IN (SELECT function_id FROM redirected_function) AND g.function_id IN (SELECT f FROM live)
  ORDER BY f.function_id, u.lock, g.name)
SELECT module || '!' || name AS subject,
       printf('%s takes %s, as does what stays old: %s.', name, lock, group_concat(other, ', ')) AS message,
       json_object('function', name, 'lock', lock, 'old_functions', json(json_group_array(other))) AS evidence
FROM shared
GROUP BY f, lock
ORDER BY module, name, lock;
