-- id: HG505
-- title: Function that the hotpatch before redirects goes back to the base's code
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: A hotpatch replaces the one before it as a whole. A function that only the earlier one redirects runs the base's code
--   again once this one is active, and the fix that was in it is gone on a machine that had it.
-- action: Redirect the function again, or make sure that the update takes the earlier fix back on purpose.
WITH dropped(module, path, name, rva) AS (
  SELECT p.module, p.path, COALESCE(f.name, printf('RVA 0x%x', r.base_rva)), r.base_rva
  FROM previous_redirect r
  JOIN previous_hotpatch p USING (previous_id)
  JOIN image i ON i.module = p.module AND i.image = 'hotpatch'
  JOIN image base ON base.module = p.module AND base.image = 'pre'
  LEFT JOIN function f ON f.image_id = base.image_id AND f.rva = r.base_rva
  WHERE i.image_id IN (SELECT image_id FROM hotpatch)
    -- For another base the addresses mean something else: that is HG504's.
    AND EXISTS (SELECT 1 FROM hotpatch_base x JOIN previous_base y USING (timestamp, checksum)
                WHERE x.image_id = i.image_id AND y.previous_id = p.previous_id)
    AND NOT EXISTS (SELECT 1 FROM hotpatch_record h WHERE h.image_id = i.image_id AND h.kind = 'function' AND NOT h.inverse
                    AND h.written_rva = r.base_rva))
SELECT module || '!' || name AS subject,
       printf('%s redirects %s, and this hotpatch image does not.', path, name) AS message,
       json_object('previous', path, 'rva', rva) AS evidence
FROM dropped
ORDER BY module, rva;
