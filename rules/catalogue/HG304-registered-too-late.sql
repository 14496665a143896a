-- id: HG304
-- title: Update registers a function that the running process does not
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: Initialisers, TLS callbacks and the calls that hand a callback, a thread's function or a service's main function to the system are
--   done when the patch arrives. A function that the update adds there is in the hotpatch image and nobody calls it before the
--   restart; an initialiser that it takes away has run, and what it set up stays.
-- action: Show that the rest of the update works without it, let redirected code do what it would have done, or ship the fix with a restart.
WITH
counterpart(function_id, other) AS (
  SELECT post, pre FROM function_pair WHERE post IS NOT NULL UNION ALL SELECT pre, post FROM function_pair WHERE pre IS NOT NULL),
-- Registered by this image only. A registrar that the patch brings to life does it after all.
lone(module, image, function_id, kind, by, registrar) AS (
  SELECT i.module, i.image, r.function_id, r.kind, MIN(r.api), MIN(w.name)
  FROM registration r
  JOIN function f USING (function_id)
  JOIN image i USING (image_id)
  LEFT JOIN function w ON w.function_id = r.registrar
  WHERE (i.image = 'post' OR (i.image = 'pre' AND r.kind IN ('initializer', 'tls-callback')))
    AND NOT EXISTS (SELECT 1 FROM counterpart c JOIN registration o ON o.function_id = c.other AND o.kind = r.kind WHERE c.function_id = r.function_id)
    AND NOT EXISTS (SELECT 1 FROM hotpatch_pair h JOIN patch_reach p ON p.function_id = h.hotpatch WHERE h.post = r.registrar)
    AND NOT EXISTS (SELECT 1 FROM redirected_function x WHERE x.function_id = r.registrar)
  GROUP BY r.function_id, r.kind)
SELECT n.module || '!' || f.name AS subject,
       CASE n.image WHEN 'post'
         THEN printf('%s is new as %s (%s%s): nobody calls it in the running process.', f.name, n.kind, n.by, COALESCE(' in ' || n.registrar, ''))
         ELSE printf('%s is no %s any more (%s%s), but has run in the running process.', f.name, n.kind, n.by,
                     COALESCE(' in ' || n.registrar, '')) END AS message,
       json_object('function', f.name, 'registered_as', n.kind, 'by', n.by, 'registrar', n.registrar) AS evidence
FROM lone n
JOIN function f USING (function_id)
-- The whole image of a module that no hotpatch touches is HG405's or HG506's.
WHERE EXISTS (SELECT 1 FROM image h WHERE h.module = n.module AND h.image = 'hotpatch')
  -- Told with the variable that it would have set: HG218.
  AND NOT EXISTS (SELECT 1 FROM data_use d JOIN global_pair g USING (global_id) JOIN patched_use u USING (global_id)
                  WHERE d.function_id = n.function_id AND (d.writes OR d.takes_address) AND g.status = 'added' AND g.mutable AND u.reads)
GROUP BY n.module, n.image, f.name, n.kind
ORDER BY n.module, f.name, n.kind;
