-- id: HG213
-- title: Old and new code run side by side with different constants
-- severity: review
-- confidence: medium
-- needs: private, hotpatch
-- mechanism: The hotpatch image has its own copy of every constant, and the base keeps the old one. Redirected code goes by the new
--   contents from the moment of the patch; a function that is not redirected goes on with the old ones until the restart. Where both have
--   to agree (a table of limits, of lengths, of states) they do not.
-- action: Redirect the functions that the finding names as running, too, or show that nothing depends on both using the same contents.
WITH
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
patched(global_id, names) AS MATERIALIZED (
  SELECT global_id, json_group_array(name) FROM (SELECT DISTINCT global_id, name FROM patched_use ORDER BY global_id, name) GROUP BY global_id),
running(global_id, names) AS MATERIALIZED (
  SELECT global_id, json_group_array(name) FROM (
    SELECT DISTINCT d.global_id, f.name FROM data_use d JOIN live ON live.f = d.function_id JOIN function f USING (function_id)
    ORDER BY d.global_id, f.name) GROUP BY global_id)
SELECT g.module || '!' || g.name AS subject,
       printf('The contents of the constant %s differ: the new %s goes by the update''s, the running %s by the base''s (read by %d in the patch and %d running).',
              g.name, json_extract(p.names, '$[0]'), json_extract(r.names, '$[0]'), json_array_length(p.names), json_array_length(r.names)) AS message,
       json_object('global', g.name, 'type', g.post_type, 'size', g.post_size, 'redirected', json(p.names), 'running', json(r.names)) AS evidence
FROM global_pair g
JOIN global_place l USING (global_id)
JOIN patched p USING (global_id)
JOIN running r USING (global_id)
WHERE g.status = 'changed' AND l.kind = 'constant' AND (g.value_changed OR g.pre_size <> g.post_size)
  AND NOT EXISTS (SELECT 1 FROM function_table_entry e WHERE e.global_id = g.global_id) -- else HG305
ORDER BY g.module, g.name;
