-- id: HG111
-- title: Functions compiled for the hotpatch are not those that it redirects
-- severity: review
-- confidence: medium
-- needs: private, hotpatch
-- mechanism: The compiler was given a list of functions, and the patch table was made from another. A redirected function that was not
--   marked reaches variables of the hotpatch image directly, also where that does not show today; a marked one that is not redirected
--   leaves the old code running. The records are in the PDB only where the linker kept them.
-- action: Make both from one list, rebuild the hotpatch image and run the gate again.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
marked(image_id, f) AS (SELECT f.image_id, f.function_id FROM hotpatch_marked m JOIN function f USING (function_id)),
redirect(image_id, base, target) AS (
  SELECT image_id, base_function, hotpatch_function FROM hotpatch_record
  WHERE kind = 'function' AND NOT inverse AND hotpatch_function IS NOT NULL),
found(image_id, name, why) AS (
  SELECT DISTINCT r.image_id, f.name, 'is redirected, and the compiler did not mark it for a hotpatch, as it did others of the image'
  FROM redirect r JOIN function f ON f.function_id = r.target
  WHERE r.image_id IN (SELECT image_id FROM marked) AND r.target NOT IN (SELECT f FROM marked)
  UNION
  SELECT m.image_id, f.name, 'is marked for a hotpatch by the compiler, and not redirected, and its old code still runs'
  FROM marked m
  JOIN function f ON f.function_id = m.f
  JOIN hotpatch_pair h ON h.hotpatch = m.f
  JOIN function_pair p ON p.post = h.post
  WHERE m.f NOT IN (SELECT target FROM redirect) AND p.pre IN (SELECT f FROM live) AND m.image_id IN (SELECT image_id FROM hotpatch))
SELECT i.module || '!' || w.name AS subject, printf('%s %s.', w.name, w.why) AS message, json_object('function', w.name) AS evidence
FROM found w JOIN image i USING (image_id)
ORDER BY i.module, w.name;
