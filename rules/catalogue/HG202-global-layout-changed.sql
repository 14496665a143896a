-- id: HG202
-- title: Size or type of a mutable global changed
-- severity: block
-- confidence: high
-- needs: private
-- mechanism: The variable lives in the base image, with the old size and type, and holds the state of the running process.
--   New code is bound to that variable and uses it with the new size and type: it reads behind it or writes over its neighbour.
-- action: Keep the variable as it is and add a new one that only new code uses, or leave the fix to the next baseline.
SELECT g.module || '!' || g.name AS subject,
       printf('Global %s changes from %s (%d bytes) to %s (%d bytes).', g.name, COALESCE(g.pre_type, 'unknown type'), g.pre_size,
              COALESCE(g.post_type, 'unknown type'), g.post_size) AS message,
       json_object('global', g.name, 'pre_type', g.pre_type, 'post_type', g.post_type, 'pre_size', g.pre_size,
                   'post_size', g.post_size) AS evidence
FROM global_pair g
WHERE g.status = 'changed' AND g.mutable
  -- A constant that becomes a variable is HG212's; a thread has its own copy of a thread-local one: HG217.
  AND NOT EXISTS (SELECT 1 FROM global_place l WHERE l.global_id = g.global_id AND (l.pre_writable = 0 OR l.kind = 'thread'))
  AND (g.pre_size IS NOT g.post_size OR g.pre_type IS NOT g.post_type)
  -- The same type under the same name, but changed inside: HG201 tells it once, with this global.
  AND NOT (g.pre_type IS g.post_type
           AND EXISTS (SELECT 1 FROM type_pair t WHERE t.module = g.module AND t.status = 'changed'
                       AND (g.pre_type = t.name OR substr(g.pre_type, 1, length(t.name) + 1) = t.name || '[')));
