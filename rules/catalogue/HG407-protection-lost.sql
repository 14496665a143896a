-- id: HG407
-- title: Hotpatch image lacks a protection that the base is built for
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: The patched code runs in the base's process. Without control-flow guard its indirect calls go unchecked; an image that is
--   not built for shadow stacks is refused by a process that is strict about them, or they are turned off for it; without NX or
--   ASLR it is what an attacker looks for.
-- action: Link the hotpatch image with the same switches as the base (/guard:cf, /cetcompat, /nxcompat, /dynamicbase).
WITH lost(module, path, name) AS (
  SELECT h.module, h.path, b.name
  FROM image h
  JOIN image base ON base.module = h.module AND base.image = 'pre'
  JOIN image_property b ON b.image_id = base.image_id
  WHERE h.image = 'hotpatch' AND b.name IN ('aslr', 'high-entropy-aslr', 'nx', 'guard-cf', 'cet-compat')
    AND NOT EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = h.image_id AND p.name = b.name)
  ORDER BY h.module, b.name)
SELECT module AS subject, printf('%s is not built for what the base is: %s.', path, group_concat(name, ', ')) AS message,
       json_object('lost', json_group_array(name)) AS evidence
FROM lost
GROUP BY module
ORDER BY module;
