-- id: HG218
-- title: New variable is read by new code, and what sets it does not run
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The variable comes with the hotpatch image, with the contents that its file has. What the update writes into it is written by
--   initialisers, which have run before the patch came and do not run for its image, or by functions that the patch does not bring to life. So
--   the new code reads zeros, or a null pointer, where it counts on a value.
-- action: Let the new code set the variable itself before it reads it, safely for several threads, or give it a constant initialiser.
WITH
read(global_id, name) AS MATERIALIZED (SELECT global_id, MIN(name) FROM patched_use WHERE reads GROUP BY global_id),
written(global_id, name, kind) AS (
  SELECT d.global_id, f.name, (SELECT MIN(r.kind) FROM registration r WHERE r.function_id = f.function_id)
  FROM data_use d JOIN function f USING (function_id) JOIN image i USING (image_id)
  WHERE i.image = 'post' AND (d.writes OR d.takes_address)
  ORDER BY d.global_id, f.name)
SELECT g.module || '!' || g.name AS subject,
       printf('The new %s reads the new variable %s, but %s, which sets it, does not run in the patched process%s.', r.name, g.name,
              (SELECT MIN(w.name) FROM written w WHERE w.global_id = g.global_id),
              CASE WHEN EXISTS (SELECT 1 FROM written w WHERE w.global_id = g.global_id AND w.kind = 'initializer')
                THEN ': it is an initialiser' ELSE ': the patch does not reach it' END) AS message,
       json_object('global', g.name, 'type', g.post_type, 'size', g.post_size, 'read_by', r.name,
                   'set_by', json((SELECT json_group_array(w.name) FROM written w WHERE w.global_id = g.global_id))) AS evidence
FROM global_pair g
JOIN global_place l USING (global_id)
JOIN read r USING (global_id)
WHERE g.status = 'added' AND g.mutable AND l.kind = 'variable' AND NOT l.in_pointer
  AND EXISTS (SELECT 1 FROM written w WHERE w.global_id = g.global_id)
  AND NOT EXISTS (SELECT 1 FROM patched_use u WHERE u.global_id = g.global_id AND (u.writes OR u.takes_address))
ORDER BY g.module, g.name;
