-- id: HG212
-- title: Variable's place in the base does not serve the new code
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: New code uses the variable where the running process has it: in the base's section, at the base's address. A constant that
--   becomes a variable lies in read-only memory there, so the first write ends the process; one that becomes a constant goes on
--   being written by old code, which new code does not see; and an instruction that wants a multiple of 16 faults at any other place.
-- action: Keep the variable as it is and let new code use another one of its own, or leave the fix to the next baseline.
WITH
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
used(global_id, name) AS MATERIALIZED (SELECT global_id, MIN(name) FROM patched_use GROUP BY global_id),
unfit(module, name, why, place) AS (
  SELECT g.module, g.name, printf('is a constant in the base (%s) and a variable in the update; %s uses it', l.pre_section, u.name),
         json_object('base', l.pre_section, 'update', l.post_section, 'used_by', u.name)
  FROM global_pair g JOIN global_place l USING (global_id) JOIN used u USING (global_id)
  WHERE l.pre_writable = 0 AND l.post_writable = 1
  UNION ALL
  SELECT g.module, g.name,
         printf('is a variable in the base and a constant in the update; %s goes on writing it, and the new %s does not see that',
                (SELECT MIN(f.name) FROM data_use w JOIN live ON live.f = w.function_id JOIN function f USING (function_id)
                 WHERE w.global_id = g.global_id AND (w.writes OR w.takes_address)), u.name),
         json_object('base', l.pre_section, 'update', l.post_section, 'used_by', u.name)
  FROM global_pair g JOIN global_place l USING (global_id) JOIN used u USING (global_id)
  WHERE l.pre_writable = 1 AND l.post_writable = 0
    AND EXISTS (SELECT 1 FROM data_use w JOIN live ON live.f = w.function_id WHERE w.global_id = g.global_id AND (w.writes OR w.takes_address))
  UNION ALL
  SELECT g.module, g.name,
         printf('lies in memory that %s in the base (%s) and %s in the update; %s uses it',
                CASE WHEN l.pre_shared THEN 'processes share' ELSE 'is one process''s' END, l.pre_section,
                CASE WHEN l.post_shared THEN 'processes share' ELSE 'is one process''s' END, u.name),
         json_object('base', l.pre_section, 'update', l.post_section, 'used_by', u.name)
  FROM global_pair g JOIN global_place l USING (global_id) JOIN used u USING (global_id)
  WHERE l.pre_shared <> l.post_shared
  UNION ALL
  -- The first instruction stands for all of a variable's.
  SELECT n.module, n.name, printf('has to stand at a multiple of %d for "%s" in %s, and stands at 0x%x in the base', n.bytes, n.text, f.name, n.base_rva),
         json_object('function', f.name, 'instruction', n.text, 'multiple_of', n.bytes, 'base_rva', n.base_rva)
  FROM alignment_need n
  JOIN hotpatch_pair h ON h.post = n.function_id
  JOIN patch_reach r ON r.function_id = h.hotpatch
  JOIN function f ON f.function_id = n.function_id
  WHERE NOT EXISTS (SELECT 1 FROM alignment_need o JOIN hotpatch_pair p ON p.post = o.function_id JOIN patch_reach q ON q.function_id = p.hotpatch
                    WHERE o.module = n.module AND o.name = n.name AND (o.function_id, o.site_rva) < (n.function_id, n.site_rva)))
SELECT module || '!' || name AS subject,
       printf('%s %s.', name, group_concat(why, '; and ')) AS message,
       json_object('global', name, 'places', json(json_group_array(json(place)))) AS evidence
FROM (SELECT * FROM unfit ORDER BY module, name, why)
GROUP BY module, name;
