-- id: HG402
-- title: New function imported from a DLL that is in use already
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: The patch image resolves the import when it is loaded into the running process. If the DLL that is loaded there is
--   older and has no such function, the patch does not load on that machine, while it does on the build machine.
-- action: Check that the oldest supported version of the DLL exports the function.
SELECT b.module || '!' || n.dll || ':' || n.name AS subject,
       printf('%s now imports %s from %s.', b.module, n.name, n.dll) AS message,
       json_object('dll', n.dll, 'function', n.name, 'delayed', json(CASE WHEN MIN(n.delayed) THEN 'true' ELSE 'false' END)) AS evidence
FROM import n
JOIN image b ON b.image_id = n.image_id AND b.image <> 'pre' -- the update, and the hotpatch image that is made of it
JOIN image a ON a.module = b.module AND a.image = 'pre'
WHERE NOT EXISTS (SELECT 1 FROM import o WHERE o.image_id = a.image_id AND o.dll = n.dll AND o.name = n.name)
  AND EXISTS (SELECT 1 FROM import o WHERE o.image_id = a.image_id AND o.dll = n.dll) -- else HG403
GROUP BY b.module, n.dll, n.name;
