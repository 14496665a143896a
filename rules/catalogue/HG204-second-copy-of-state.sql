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
-- Everything that redirected code reaches in the hotpatch image, with who calls it. A redirected function itself has no caller here.
edge(f, caller) AS (
  SELECT DISTINCT r.hotpatch_function, NULL FROM hotpatch_record r
  WHERE r.kind = 'function' AND NOT r.inverse AND r.hotpatch_function IS NOT NULL
  UNION
  SELECT c.callee, e.f FROM edge e JOIN call c ON c.caller = e.f),
-- The edge by which a function was found first. Its caller was found before it, so that these edges lead back without a circle.
numbered(f, caller, n) AS MATERIALIZED (SELECT f, caller, ROW_NUMBER() OVER () FROM edge),
found(f, caller) AS MATERIALIZED (SELECT f, caller FROM (SELECT f, caller, MIN(n) FROM numbered GROUP BY f)),
touch(f, image_id, name, site_rva, target, text, access) AS MATERIALIZED (
  SELECT d.function_id, p.image_id, p.name, d.site_rva, d.target, d.text,
         COALESCE((SELECT s.access FROM state_access s WHERE s.function_id = d.function_id AND s.site_rva = d.site_rva
                   AND s.target_rva = d.target_rva), 'through a constant')
  FROM data_access d JOIN found ON found.f = d.function_id JOIN function p ON p.function_id = d.function_id
  WHERE d.mutable
    -- The check value of the stack guard is made and compared within one call: a second copy does no harm.
    AND d.target NOT IN ('__security_cookie', '__security_cookie_complement')
    -- A slot that the loader binds to the base or fills in.
    AND NOT EXISTS (SELECT 1 FROM hotpatch_record r WHERE r.image_id = p.image_id AND r.inverse
                    AND r.kind IN ('absolute', 'indirect', 'dynamic-value') AND r.written_rva = d.target_rva)
    -- A copy that nobody writes in any build is HG114's.
    AND NOT EXISTS (SELECT 1 FROM state_datum s WHERE s.image_id = p.image_id AND s.writer = '' AND d.target_rva >= s.rva
                    AND d.target_rva < s.rva + s.size)
  ORDER BY d.function_id, d.site_rva, d.target),
path(toucher, caller, names) AS (
  SELECT DISTINCT t.f, found.caller, t.name FROM touch t JOIN found ON found.f = t.f
  UNION ALL
  SELECT a.toucher, found.caller, p.name || ' -> ' || a.names
  FROM path a JOIN found ON found.f = a.caller JOIN function p ON p.function_id = a.caller)
SELECT i.module || '!' || t.name AS subject,
       printf('%s of the hotpatch image uses %s of the hotpatch image itself (%d %s): "%s".%s Path: %s.', t.name,
              -- The first three names are enough to see whose data it is; the evidence has all.
              (SELECT group_concat(target, ', ') FROM (SELECT DISTINCT o.target FROM touch o WHERE o.f = t.f ORDER BY o.target LIMIT 3)),
              COUNT(*), CASE COUNT(*) WHEN 1 THEN 'place' ELSE 'places' END,
              (SELECT o.text FROM touch o WHERE o.f = t.f ORDER BY o.site_rva, o.target LIMIT 1),
              -- An address that is kept outlives the patch: the base's code may follow it into the hotpatch image.
              CASE WHEN MAX(t.access = 'address') THEN ' It hands out an address there.' ELSE '' END, a.names) AS message,
       json_object('function', t.name, 'path', a.names,
                   'accesses', json(json_group_array(json_object('rva', t.site_rva, 'target', t.target, 'access', t.access,
                                                                     'instruction', t.text)))) AS evidence
FROM touch t
JOIN path a ON a.toucher = t.f AND a.caller IS NULL
JOIN image i ON i.image_id = t.image_id
GROUP BY t.f;
