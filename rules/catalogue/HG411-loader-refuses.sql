-- id: HG411
-- title: The loader refuses this hotpatch image
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: The loader checks the patch table and the bytes of the base before it writes anything. What it refuses is not
--   applied: the machine reports the KB as installed and runs the old code. The status is the one that the loader answers with.
-- action: Build the hotpatch image again with the vendor's tools, from the symbols of exactly this base; hotgate inspect IMAGE
--   --base BASE shows the table and the place.
SELECT i.module AS subject,
       printf('The loader refuses %s%s: %s (%s)%s.', i.path,
              CASE WHEN r.status IS NULL THEN '' ELSE printf(' with 0x%08X', r.status) END, r.reason, r.place,
              CASE n.refusals WHEN 1 THEN '' ELSE printf('; %d more once that is mended', n.refusals - 1) END) AS message,
       json_object('status', CASE WHEN r.status IS NULL THEN NULL ELSE printf('0x%08X', r.status) END,
                   'rva', r.rva, 'file_offset', r.file_offset,
                   'refusals', json((SELECT json_group_array(json_object('record', a.record, 'status', printf('0x%08X', a.status),
                                                                         'place', a.place, 'reason', a.reason))
                                     FROM (SELECT * FROM loader_refusal a WHERE a.image_id = i.image_id ORDER BY a.ordinal LIMIT 100) a))) AS evidence
FROM loader_refusal r
JOIN image i USING (image_id)
JOIN (SELECT image_id, MIN(ordinal) AS first, COUNT(*) AS refusals FROM loader_refusal
      WHERE status IS NOT 0xC0000059 GROUP BY image_id) n -- another base is HG404's
  ON n.image_id = r.image_id AND n.first = r.ordinal
ORDER BY i.module;
