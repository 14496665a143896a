-- id: HG416
-- title: Import slot gets another function than it names
-- severity: block
-- confidence: high
-- needs: hotpatch
-- mechanism: An indirect record copies a pointer of the base into a slot of the patch image. Where the two are not slots of the same
--   import, patched code calls another function than it was built to call.
-- action: Build the hotpatch image again from exactly this base.
SELECT i.module || '!' || o.name AS subject,
       printf('Record %d: %s.', o.record, o.text) AS message,
       json_object('record', o.record, 'slot', o.name) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
WHERE o.kind = 'other-import'
ORDER BY i.module, o.ordinal;
