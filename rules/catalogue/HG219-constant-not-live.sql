-- id: HG219
-- title: Constant changed, and no redirected function reads it
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: A function reads the constants of the image that it is in. Where all that read this one are running functions of the base, the
--   new contents are in the hotpatch image and nobody reads them: this part of the fix is not live until the restart.
-- action: Add the functions that the finding names to the list of hotpatched functions, rebuild the hotpatch image and run the gate again.
WITH
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
running(global_id, names) AS MATERIALIZED (
  SELECT global_id, json_group_array(name) FROM (
    SELECT DISTINCT d.global_id, f.name FROM data_use d JOIN live ON live.f = d.function_id JOIN function f USING (function_id)
    ORDER BY d.global_id, f.name) GROUP BY global_id)
SELECT g.module || '!' || g.name AS subject,
       printf('The contents of the constant %s (%d bytes) change, but only running functions of the base read it: %s%s.', g.name, g.post_size,
              json_extract(r.names, '$[0]'),
              CASE json_array_length(r.names) WHEN 1 THEN '' ELSE printf(' and %d more', json_array_length(r.names) - 1) END) AS message,
       json_object('global', g.name, 'type', g.post_type, 'size', g.post_size, 'running', json(r.names)) AS evidence
FROM global_pair g
JOIN global_place l USING (global_id)
JOIN running r USING (global_id)
WHERE g.status = 'changed' AND l.kind = 'constant' AND (g.value_changed OR g.pre_size <> g.post_size)
  AND NOT EXISTS (SELECT 1 FROM patched_use u WHERE u.global_id = g.global_id)
ORDER BY g.module, g.name;
