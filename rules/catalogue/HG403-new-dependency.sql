-- id: HG403
-- title: New dependency on a DLL
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Loading the patch would load another DLL into the running process: its initialisers run at a moment that nobody
--   planned, under locks that the process may hold, and it stays when the patch is undone.
-- action: Do without the DLL, or leave the fix to the next baseline.
WITH imported(module, dll, name) AS (
  SELECT DISTINCT b.module, n.dll, n.name
  FROM import n
  JOIN image b ON b.image_id = n.image_id AND b.image <> 'pre' -- the update, and the hotpatch image that is made of it
  JOIN image a ON a.module = b.module AND a.image = 'pre'
  WHERE NOT EXISTS (SELECT 1 FROM import o WHERE o.image_id = a.image_id AND o.dll = n.dll)
  ORDER BY b.module, n.dll, n.name)
SELECT module || '!' || dll AS subject,
       printf('%s now depends on %s (%s), which the base does not load.', module, dll, group_concat(name, ', ')) AS message,
       json_object('dll', dll, 'functions', json(json_group_array(name))) AS evidence
FROM imported
GROUP BY module, dll;
