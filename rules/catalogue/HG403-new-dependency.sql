-- id: HG403
-- title: New dependency on a DLL
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Loading the patch would load another DLL into the running process: its initialisers run at a moment that nobody
--   planned, under locks that the process may hold, and it stays when the patch is undone.
-- action: Do without the DLL, or leave the fix to the next baseline.
SELECT b.module || '!' || n.dll AS subject,
       printf('%s now depends on %s (%s), which the base does not load.', b.module, n.dll, group_concat(n.name, ', ')) AS message,
       json_object('dll', n.dll, 'functions', json(json_group_array(n.name))) AS evidence
FROM (SELECT * FROM import ORDER BY image_id, dll, name) n
JOIN image b ON b.image_id = n.image_id AND b.image = 'post'
JOIN image a ON a.module = b.module AND a.image = 'pre'
WHERE NOT EXISTS (SELECT 1 FROM import o WHERE o.image_id = a.image_id AND o.dll = n.dll)
GROUP BY b.image_id, n.dll;
