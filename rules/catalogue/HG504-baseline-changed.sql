-- id: HG504
-- title: Hotpatch is for another base than the one before it
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: All hotpatches between two baselines are for one base. A machine that has the one before runs that base, and the loader
--   refuses this one there (STATUS_REVISION_MISMATCH).
-- action: Build the hotpatch image for the baseline month's image, or correct previous in KB.yaml.
SELECT i.module AS subject,
       printf('The hotpatch image is for a base with time stamp 0x%08x and checksum 0x%08x; the one before it (%s) is for 0x%08x and 0x%08x.',
              b.timestamp, b.checksum, p.path, o.timestamp, o.checksum) AS message,
       json_object('timestamp', printf('0x%08x', b.timestamp), 'checksum', printf('0x%08x', b.checksum), 'previous', p.path,
                   'previous_timestamp', printf('0x%08x', o.timestamp), 'previous_checksum', printf('0x%08x', o.checksum)) AS evidence
FROM image i
JOIN previous_hotpatch p USING (module)
JOIN hotpatch_base b ON b.image_id = i.image_id
JOIN previous_base o ON o.previous_id = p.previous_id
WHERE i.image = 'hotpatch'
  AND NOT EXISTS (SELECT 1 FROM hotpatch_base x JOIN previous_base y USING (timestamp, checksum)
                  WHERE x.image_id = i.image_id AND y.previous_id = p.previous_id)
  AND b.ordinal = (SELECT MIN(ordinal) FROM hotpatch_base WHERE image_id = i.image_id)
  AND o.ordinal = (SELECT MIN(ordinal) FROM previous_base WHERE previous_id = p.previous_id)
ORDER BY i.module;
