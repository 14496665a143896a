-- id: HG505
-- title: Function that the hotpatch before redirects goes back to the base's code
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: A hotpatch replaces the one before it as a whole. A function that only the earlier one redirects runs the base's code
--   again once this one is active, and the fix that was in it is gone on a machine that had it.
-- action: Redirect the function again, or make sure that the update takes the earlier fix back on purpose.
WITH dropped(module, path, f, name, rva) AS (
  SELECT p.module, p.path, f.function_id, COALESCE(f.name, printf('RVA 0x%x', r.base_rva)), r.base_rva
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
                    AND h.written_rva = r.base_rva)),
-- The KB has no hotpatch image for it at all, and the machines have one.
whole(module, path, redirects) AS (
  SELECT p.module, p.path, (SELECT COUNT(*) FROM previous_redirect r WHERE r.previous_id = p.previous_id)
  FROM previous_hotpatch p
  JOIN image base ON base.module = p.module AND base.image = 'pre'
  WHERE NOT EXISTS (SELECT 1 FROM image i JOIN hotpatch h USING (image_id) WHERE i.module = p.module AND i.image = 'hotpatch')
    AND EXISTS (SELECT 1 FROM previous_base y WHERE y.previous_id = p.previous_id AND y.timestamp = base.timestamp AND y.checksum = base.checksum))
SELECT module || '!' || name AS subject,
       printf('%s redirects %s, and this hotpatch image does not. %s', path, name,
              CASE (SELECT status FROM function_pair p WHERE p.pre = dropped.f)
                WHEN 'changed' THEN 'The update still changes it: the fix is gone until the next restart.'
                WHEN 'identical' THEN 'The update has the base''s code of it: the fix is taken back for good.'
                WHEN 'removed' THEN 'The update has no such function: code that moved elsewhere may carry the fix.'
                ELSE 'Which function of the base that is, is not known.'
              END) AS message,
       json_object('previous', path, 'rva', rva) AS evidence
FROM dropped
UNION ALL
SELECT module, printf('%s redirects %d %s, and this KB has no hotpatch image for %s: all of them go back to the base''s code.', path, redirects,
                      CASE redirects WHEN 1 THEN 'function' ELSE 'functions' END, module),
       json_object('previous', path, 'redirects', redirects)
FROM whole
ORDER BY 1;
