-- id: HG306
-- title: Vtable has more or fewer functions
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: Objects that live when the patch arrives point to the base's vtable. New code that calls a function behind its end jumps
--   through whatever lies there (the next class's type information, a string); and old code that calls by the old number meets another
--   function in an object that new code made.
-- action: Make the new function an ordinary one, or leave the fix to the next baseline.
SELECT g.module || '!' || g.name AS subject,
       printf('Vtable %s %s: %s.', g.name,
              CASE WHEN SUM(e.pre IS NULL) > SUM(e.post IS NULL) THEN 'has more functions than the base''s' ELSE 'has fewer functions than the base''s' END,
              group_concat(CASE WHEN e.pre IS NULL THEN printf('+0x%x %s is new', e.offset, b.name)
                                WHEN e.post IS NULL THEN printf('+0x%x %s is gone', e.offset, a.name)
                                ELSE printf('+0x%x %s instead of %s', e.offset, b.name, a.name) END, ', ')) AS message,
       json_object('table', g.name,
                   'entries', json(json_group_array(json_object('offset', e.offset, 'pre', a.name, 'post', b.name)))) AS evidence
FROM global_pair g
JOIN global_place l USING (global_id)
JOIN (SELECT * FROM function_table_entry ORDER BY global_id, offset) e USING (global_id)
LEFT JOIN function a ON a.function_id = e.pre
LEFT JOIN function b ON b.function_id = e.post
WHERE g.status = 'changed' AND l.kind = 'vtable'
  AND EXISTS (SELECT 1 FROM image h WHERE h.module = g.module AND h.image = 'hotpatch')
  -- HG208 tells it of the class; the last part of 'dhcp::Server' begins the vtable's name: '??_7Server@dhcp@@6B@'.
  AND NOT EXISTS (SELECT 1 FROM type_pair t JOIN type_moves_slots USING (type_id)
                  WHERE t.module = g.module
                    AND instr(g.name, '??_7' || replace(t.name, rtrim(t.name, replace(t.name, ':', '')), '') || '@') = 1)
GROUP BY g.global_id
HAVING SUM(e.pre IS NULL) <> SUM(e.post IS NULL)
ORDER BY g.module, g.name;
