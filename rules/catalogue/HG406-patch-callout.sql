-- id: HG406
-- title: Hotpatch image runs code of its own while it is applied
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: The loader calls the export __PatchMainCallout__ when the patch is applied and undone, before and after the code is
--   switched. A failure in the later calls ends the process.
-- action: Read the function: it must not wait, must not take locks of the service, and must undo what it did.
WITH RECURSIVE
callout(image_id, module, name, rva, f) AS (
  SELECT i.image_id, i.module, e.name, e.rva, f.function_id
  FROM export e
  JOIN image i USING (image_id)
  LEFT JOIN function f ON f.image_id = i.image_id AND f.rva = e.rva
  WHERE i.image = 'hotpatch' AND e.name = '__PatchMainCallout__'),
reached(f) AS (
  SELECT f FROM callout WHERE f IS NOT NULL
  UNION
  SELECT c.callee FROM reached JOIN call c ON c.caller = reached.f),
-- Functions of the image and of others.
called(name) AS (
  SELECT f.name FROM reached JOIN function f ON f.function_id = reached.f WHERE reached.f NOT IN (SELECT f FROM callout WHERE f IS NOT NULL)
  UNION
  SELECT m.dll || '!' || m.name FROM reached JOIN import_call m ON m.function_id = reached.f
  ORDER BY 1),
touched(name) AS (
  SELECT DISTINCT d.target FROM reached JOIN data_access d ON d.function_id = reached.f WHERE d.mutable ORDER BY 1)
SELECT c.module || '!' || c.name AS subject,
       printf('The hotpatch image exports %s, which runs at apply and undo time. %s%s', c.name,
              CASE
                WHEN c.f IS NULL THEN 'What stands there is no function.'
                ELSE COALESCE('It calls ' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM called LIMIT 8))
                              || CASE WHEN (SELECT COUNT(*) FROM called) > 8 THEN ', ...' ELSE '' END || '.', 'It calls nothing.')
              END,
              COALESCE(' It uses ' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM touched LIMIT 8)) || ' of the hotpatch image.', '')) AS message,
       json_object('export', c.name, 'rva', c.rva, 'calls', json((SELECT json_group_array(name) FROM called)),
                   'data', json((SELECT json_group_array(name) FROM touched))) AS evidence
FROM callout c
ORDER BY c.module;
