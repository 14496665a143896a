-- id: HG414
-- title: Inverse record writes where no pointer slot is
-- severity: block
-- confidence: high
-- needs: hotpatch
-- mechanism: Inverse records fill pointers of the patch image before it runs. One that writes over code, over a value that is no pointer,
--   or over another record's slot changes what the patched code does in a way that nobody built.
-- action: Build the hotpatch image again; do not edit its patch table by hand.
SELECT i.module || '!' || o.name AS subject,
       printf('Record %d: %s.', o.record, o.text) AS message,
       json_object('record', o.record, 'kind', o.kind, 'slot', o.name) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
WHERE o.kind IN ('slot-executable', 'slot-no-pointer', 'slot-twice')
  AND NOT EXISTS (SELECT 1 FROM hotpatch_oddity e WHERE e.image_id = o.image_id AND e.record = o.record AND e.ordinal < o.ordinal
                  AND e.kind IN ('slot-executable', 'slot-no-pointer', 'slot-twice')) -- one slot, one finding
ORDER BY i.module, o.ordinal;
