-- id: HG215
-- title: Initialiser of a function-local static changed, and has run already
-- severity: review
-- confidence: medium
-- needs: private, hotpatch
-- mechanism: The initialiser of a static runs once. In a process that has come through the function, the value is the one that the old
--   initialiser made, and the new one never runs; in one that has not, it is the new one. So the same patch gives two sorts of processes.
-- action: If the fix needs the new value, let new code make it in another variable; else say in the review that the fix does not depend on it.
WITH
-- What nobody calls but such an initialiser: it too has run.
once(module, static_id, callee) AS (
  SELECT s.module, s.static_id, k.callee
  FROM local_static s JOIN local_static_call k USING (static_id) JOIN function f ON f.function_id = k.callee
  WHERE s.status IN ('identical', 'changed') AND NOT f.is_root
    AND NOT EXISTS (SELECT 1 FROM call c WHERE c.callee = k.callee
                    AND NOT EXISTS (SELECT 1 FROM local_static o WHERE o.pre = c.caller AND c.site_rva >= o.pre_begin AND c.site_rva < o.pre_end))),
late(module, static_id, variable, owner, why) AS (
  SELECT s.module, s.static_id, s.variable, f.name, 'its own code differs'
  FROM local_static s JOIN function f ON f.function_id = s.pre
  WHERE s.status = 'changed'
    AND EXISTS (SELECT 1 FROM hotpatch_pair h JOIN patch_reach r ON r.function_id = h.hotpatch WHERE h.post = s.post)
  UNION ALL
  SELECT s.module, s.static_id, s.variable, f.name, printf('%s, which only initialisers call, differs', x.name)
  FROM once o JOIN local_static s USING (static_id) JOIN function f ON f.function_id = s.pre
  JOIN changed_function c ON c.pre = o.callee JOIN function x ON x.function_id = o.callee)
SELECT module || '!' || variable AS subject,
       printf('The initialiser of the static %s (in %s) has run where %s has: %s.', variable, owner, owner, group_concat(why, '; ')) AS message,
       json_object('static', variable, 'function', owner) AS evidence
FROM (SELECT DISTINCT module, variable, owner, why FROM late ORDER BY module, variable, owner, why)
GROUP BY module, variable, owner;
