-- id: HG408
-- title: Hotpatch image brings thread-local storage that the base's threads do not have
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Thread-local variables and TLS callbacks are set up when a thread begins. The threads that run when the patch arrives have
--   none for this image, or a block as large as the base says: patched code on them reads through a null pointer, through another
--   image's slot, or behind the block.
-- action: Keep the new state in ordinary data behind a lock, or ship the fix with a restart.
SELECT h.module AS subject,
       CASE WHEN EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = base.image_id AND p.name = 'tls')
         THEN printf('The thread-local block of %s has %d bytes, that of %s %d.', h.path, n.template_size + n.zero_fill, base.path,
                     o.template_size + o.zero_fill)
         ELSE printf('%s has a TLS directory, and %s has none.', h.path, base.path) END AS message,
       json_object('hotpatch', h.path, 'base', base.path) AS evidence
FROM image h
JOIN image base ON base.module = h.module AND base.image = 'pre'
LEFT JOIN tls_block n ON n.image_id = h.image_id
LEFT JOIN tls_block o ON o.image_id = base.image_id
WHERE h.image = 'hotpatch'
  AND EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = h.image_id AND p.name = 'tls')
  AND (NOT EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = base.image_id AND p.name = 'tls')
       -- Where the variables have names, HG217 tells which of them new code uses.
       OR (n.template_size + n.zero_fill > o.template_size + o.zero_fill
           AND NOT EXISTS (SELECT 1 FROM global_pair g JOIN global_place l USING (global_id) WHERE g.module = h.module AND l.kind = 'thread')))
ORDER BY h.module;
