-- id: HG216
-- title: New code drops a variable with state of the running process
-- severity: review
-- confidence: medium
-- needs: private, hotpatch
-- mechanism: The update has no such variable any more. What the process kept in it so far (a count, a cache, a lock that is held) is lost to
--   the new code; a function that is not redirected goes on using it, and from now on sees nothing of what new code does.
-- action: Show in the review that the new code needs nothing of what the variable holds; where running functions still use it, redirect them too.
WITH
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
dropped(global_id, by) AS MATERIALIZED (
  SELECT d.global_id, MIN(f.name) FROM data_use d JOIN function f USING (function_id)
  WHERE d.function_id IN (SELECT function_id FROM redirected_function) GROUP BY d.global_id),
running(global_id, names) AS MATERIALIZED (
  SELECT global_id, json_group_array(name) FROM (
    SELECT DISTINCT d.global_id, f.name FROM data_use d JOIN live ON live.f = d.function_id JOIN function f USING (function_id)
    ORDER BY d.global_id, f.name) GROUP BY global_id)
SELECT g.module || '!' || g.name AS subject,
       printf('The new %s uses %s no more%s.', d.by, g.name,
              CASE WHEN r.names IS NULL THEN ', and what the process keeps in it is lost'
              ELSE printf(', but %s, which is not redirected, goes on using it', json_extract(r.names, '$[0]')) END) AS message,
       json_object('global', g.name, 'type', g.pre_type, 'size', g.pre_size, 'dropped_by', d.by, 'running', json(COALESCE(r.names, '[]'))) AS evidence
FROM global_pair g
JOIN global_place l USING (global_id)
JOIN dropped d USING (global_id)
LEFT JOIN running r USING (global_id)
WHERE g.status = 'removed' AND l.kind = 'variable' AND g.mutable
  AND g.name NOT LIKE '%$TSS%' AND g.name NOT LIKE '%$S_' -- guards go with their statics
ORDER BY g.module, g.name;
