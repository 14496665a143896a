-- id: HG506
-- title: Image changed in more than data for the next start, and has no hotpatch image
-- severity: review
-- confidence: medium
-- needs: none
-- mechanism: The hotpatch images of the KB bring their modules up to date in running processes. This image of the update has none: what it
--   changes outside of changed functions (a constant, a vtable, a function that is new) is live after the next restart only, and
--   until then patched modules meet the old one. Resources, versions and initial values are for the next start anyway; changed
--   functions are told by HG405, exports and imports by HG401 to HG403.
-- action: Add a hotpatch image for the module, leave the change out of the hotpatch KB, or show that patched modules need nothing of it.
WITH
waiting(module) AS (
  SELECT b.module FROM image b JOIN image a ON a.module = b.module AND a.image = 'pre'
  WHERE b.image = 'post' AND NOT EXISTS (SELECT 1 FROM image h WHERE h.module = b.module AND h.image = 'hotpatch')
    AND NOT EXISTS (SELECT 1 FROM changed_function c WHERE c.module = b.module)), -- else HG405
change(module, what) AS (
  SELECT w.module, printf('%d %s added or removed', COUNT(*), CASE COUNT(*) WHEN 1 THEN 'function' ELSE 'functions' END)
  FROM waiting w JOIN function_pair p ON p.module = w.module AND p.status IN ('added', 'removed') GROUP BY w.module
  UNION ALL
  SELECT w.module, printf('constant %s changed', g.name)
  FROM waiting w JOIN global_pair g ON g.module = w.module AND g.status = 'changed' JOIN global_place l USING (global_id)
  WHERE l.kind IN ('constant', 'vtable') AND g.value_changed
  UNION ALL
  SELECT w.module, 'constants changed' FROM waiting w JOIN ledger d ON d.module = w.module AND d.cause = 'constant'
  WHERE d.pre_bytes + d.post_bytes > 0)
SELECT module AS subject,
       printf('%s changes and has no hotpatch image, although the KB has others: %s.', module, group_concat(what, ', ')) AS message,
       json_object('changes', json(json_group_array(what))) AS evidence
FROM (SELECT DISTINCT module, what FROM change ORDER BY module, what)
WHERE (SELECT track FROM kb) = 'hotpatch' AND EXISTS (SELECT 1 FROM image WHERE image = 'hotpatch')
GROUP BY module;
