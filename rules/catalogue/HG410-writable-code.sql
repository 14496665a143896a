-- id: HG410
-- title: Hotpatch image has code that can be written, and the base has none
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: A section that is writable and executable at once makes any stray write in the service a change of its code, and the ledger's
--   proof holds only for what was in the file. Code integrity refuses such an image in a protected process.
-- action: Find out which tool merged the sections, and build the image without it.
SELECT h.module AS subject,
       printf('%s has writable code (%s).', h.path,
              (SELECT group_concat(name, ', ') FROM (SELECT name FROM section s WHERE s.image_id = h.image_id
                 AND s.characteristics & 0x20000000 AND s.characteristics & 0x80000000 ORDER BY rva))) AS message,
       json_object('file', h.path) AS evidence
FROM image h
JOIN image base ON base.module = h.module AND base.image = 'pre'
WHERE h.image = 'hotpatch'
  AND EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = h.image_id AND p.name = 'writable-code')
  AND NOT EXISTS (SELECT 1 FROM image_property p WHERE p.image_id = base.image_id AND p.name = 'writable-code')
ORDER BY h.module;
