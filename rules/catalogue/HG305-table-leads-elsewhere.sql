-- id: HG305
-- title: Entry of a vtable or function table leads to another function
-- severity: review
-- confidence: high
-- needs: private, hotpatch
-- mechanism: Objects that live when the patch arrives point to the base's vtable, and running functions read the base's tables. There the entry
--   still leads to the old function, redirected or not: the other one is called by new objects and new code only. Old and new
--   objects of one class behave differently side by side.
-- action: Keep the entry, and change the function that it leads to, so that a redirect takes effect for all; or show that both may go on together.
WITH
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
entry(global_id, offset, was, becomes, redirected) AS (
  SELECT e.global_id, e.offset, COALESCE(a.name, 'nothing'), COALESCE(b.name, 'nothing'), e.pre IN (SELECT function_id FROM redirected_function)
  FROM function_table_entry e LEFT JOIN function a ON a.function_id = e.pre LEFT JOIN function b ON b.function_id = e.post
  ORDER BY e.global_id, e.offset),
running(global_id, name) AS MATERIALIZED (
  SELECT d.global_id, MIN(f.name) FROM data_use d JOIN live ON live.f = d.function_id JOIN function f USING (function_id) GROUP BY d.global_id)
SELECT g.module || '!' || g.name AS subject,
       printf('%s %s differs: %s; %s.', CASE l.kind WHEN 'vtable' THEN 'Vtable' ELSE 'Table' END, g.name,
              group_concat(printf('+0x%x leads to %s instead of %s%s', e.offset, e.becomes, e.was,
                                  CASE WHEN e.redirected THEN ' (redirected)' ELSE '' END), ', '),
              CASE l.kind WHEN 'vtable' THEN 'objects that exist keep the base''s'
              ELSE printf('%s goes on with the base''s', r.name) END) AS message,
       json_object('table', g.name, 'running', r.name,
                   'entries', json(json_group_array(json_object('offset', e.offset, 'pre', e.was, 'post', e.becomes)))) AS evidence
FROM global_pair g
JOIN global_place l USING (global_id)
JOIN entry e USING (global_id)
LEFT JOIN running r USING (global_id)
WHERE g.status = 'changed' AND l.pre_writable = 0 AND l.post_writable = 0
  AND EXISTS (SELECT 1 FROM image h WHERE h.module = g.module AND h.image = 'hotpatch')
  AND CASE l.kind
      WHEN 'vtable' THEN (SELECT SUM(t.pre IS NULL) = SUM(t.post IS NULL) FROM function_table_entry t WHERE t.global_id = g.global_id) -- else HG306
      ELSE r.name IS NOT NULL AND EXISTS (SELECT 1 FROM patched_use u WHERE u.global_id = g.global_id) END -- else HG219, or new code's own
GROUP BY g.global_id
ORDER BY g.module, g.name;
