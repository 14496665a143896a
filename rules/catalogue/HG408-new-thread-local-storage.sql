-- id: HG408
-- title: Hotpatch image brings thread-local storage, and the base has none
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Thread-local variables and TLS callbacks are set up when a thread begins. The threads that run when the patch arrives have
--   none for this image: patched code on them reads through a null pointer, or through another image's slot.
-- action: Keep the new state in ordinary data behind a lock, or ship the fix with a restart.
SELECT h.module AS subject, printf('%s has a TLS directory, and %s has none.', h.path, base.path) AS message,
       json_object('hotpatch', h.path, 'base', base.path) AS evidence
FROM image h
JOIN image base ON base.module = h.module AND base.image = 'pre'
WHERE h.image = 'hotpatch'
  AND EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = h.image_id AND p.name = 'tls')
  AND NOT EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = base.image_id AND p.name = 'tls')
ORDER BY h.module;
