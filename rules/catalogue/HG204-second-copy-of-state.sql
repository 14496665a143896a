-- id: HG204
-- title: Patched code works on the patch image's own copy of mutable data
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The hotpatch image is a whole image with variables of its own. New code that reaches one of them directly, and not
--   through a reference slot that the loader binds to the base, works on a second copy of the state: the lock that it takes
--   or the table that it searches is not the one that the running process uses.
-- action: Add the named function to the list of hotpatched functions, so that the compiler makes it use reference slots
--   (__ref_...), and check that nothing on the path was inlined from an unmarked function.
WITH RECURSIVE
target(module, image_id, f) AS (
  SELECT DISTINCT h.module, h.image_id, r.hotpatch_function FROM hotpatch_record r JOIN image h USING (image_id)
  WHERE r.kind = 'function' AND NOT r.inverse AND r.hotpatch_function IS NOT NULL),
reach(f) AS (
  SELECT f FROM target
  UNION
  SELECT c.callee FROM reach JOIN call c ON c.caller = reach.f),
-- A shortest path for the message. It gives up behind 16 calls, the finding does not.
step(f, depth) AS (
  SELECT f, 0 FROM target
  UNION
  SELECT c.callee, s.depth + 1 FROM step s JOIN call c ON c.caller = s.f WHERE s.depth < 16),
distance(f, depth) AS (SELECT f, MIN(depth) FROM step GROUP BY f),
parent(f, caller) AS (
  SELECT c.callee, MIN(c.caller) FROM call c JOIN distance a ON a.f = c.callee JOIN distance b ON b.f = c.caller AND b.depth = a.depth - 1
  GROUP BY c.callee),
touch(f, site_rva, target, text) AS (
  SELECT d.function_id, d.site_rva, d.target, d.text
  FROM data_access d JOIN function p USING (function_id)
  WHERE d.mutable AND d.function_id IN (SELECT f FROM reach)
    -- The check value of the stack guard is made and compared within one call: a second copy does no harm.
    AND d.target NOT IN ('__security_cookie', '__security_cookie_complement')
    -- A slot that the loader binds to the base or fills in.
    AND NOT EXISTS (SELECT 1 FROM hotpatch_record r WHERE r.image_id = p.image_id AND r.inverse
                    AND r.kind IN ('absolute', 'indirect', 'dynamic-value') AND r.written_rva = d.target_rva)
  ORDER BY d.function_id, d.site_rva, d.target),
toucher(f) AS (SELECT DISTINCT f FROM touch),
path(toucher, f, depth, names) AS (
  SELECT t.f, t.f, d.depth, p.name FROM toucher t JOIN distance d ON d.f = t.f JOIN function p ON p.function_id = t.f
  UNION ALL
  SELECT a.toucher, b.caller, a.depth - 1, p.name || ' -> ' || a.names
  FROM path a JOIN parent b ON b.f = a.f JOIN function p ON p.function_id = b.caller WHERE a.depth > 0)
SELECT i.module || '!' || p.name AS subject,
       printf('%s of the hotpatch image uses %s of the hotpatch image itself (%d %s): "%s". Path: %s.', p.name,
              (SELECT group_concat(target, ', ') FROM (SELECT DISTINCT target FROM touch WHERE f = t.f ORDER BY target)),
              (SELECT COUNT(*) FROM touch WHERE f = t.f),
              CASE (SELECT COUNT(*) FROM touch WHERE f = t.f) WHEN 1 THEN 'place' ELSE 'places' END,
              (SELECT text FROM touch WHERE f = t.f ORDER BY site_rva, target LIMIT 1),
              COALESCE((SELECT names FROM path WHERE toucher = t.f AND depth = 0), 'more than 16 calls behind a redirected function')) AS message,
       json_object('function', p.name,
                   'path', (SELECT names FROM path WHERE toucher = t.f AND depth = 0),
                   'accesses', json((SELECT json_group_array(json_object('rva', site_rva, 'target', target, 'instruction', text))
                                     FROM (SELECT * FROM touch WHERE f = t.f ORDER BY site_rva, target)))) AS evidence
FROM toucher t
JOIN function p ON p.function_id = t.f
JOIN image i ON i.image_id = p.image_id;
