-- id: HG405
-- title: KB is declared a hotpatch, but has no usable hotpatch image
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Without a hotpatch table for every module that changed, the machine keeps running the old code of that module until
--   a restart, and with a cumulative update in its place it leaves the hotpatch track.
-- action: Add the hotpatch image of the module, built with its hotpatch table, or declare the KB's track as baseline.
WITH changed(module, functions) AS (
  SELECT module, COUNT(*) FROM changed_function GROUP BY module),
lacking(subject, message, evidence) AS (
  SELECT i.module, printf('The file %s is given as a hotpatch image, but has no hotpatch table.', i.path), json_object('file', i.path)
  FROM image i WHERE i.image = 'hotpatch' AND i.image_id NOT IN (SELECT image_id FROM hotpatch)
    AND i.image_id NOT IN (SELECT image_id FROM loader_refusal) -- HG411
  UNION ALL
  SELECT i.module, printf('The hotpatch table of %s names no base image.', i.path), json_object('file', i.path)
  FROM image i JOIN hotpatch h USING (image_id) WHERE i.image_id NOT IN (SELECT image_id FROM hotpatch_base)
    AND i.image_id NOT IN (SELECT image_id FROM loader_refusal) -- HG411
  UNION ALL
  SELECT c.module, printf('%d %s of %s changed, but the KB has no hotpatch image for it.', c.functions,
                          CASE c.functions WHEN 1 THEN 'function' ELSE 'functions' END, c.module),
         json_object('changed_functions', c.functions)
  FROM changed c WHERE NOT EXISTS (SELECT 1 FROM image i WHERE i.module = c.module AND i.image = 'hotpatch')
  UNION ALL
  SELECT k.kb, 'The KB has no hotpatch image at all.', json_object('track', k.track)
  FROM kb k WHERE NOT EXISTS (SELECT 1 FROM image WHERE image = 'hotpatch') AND NOT EXISTS (SELECT 1 FROM changed))
SELECT subject, message, evidence FROM lacking WHERE (SELECT track FROM kb) = 'hotpatch';
