-- id: HG412
-- title: Patch table asks for more than every loader surely has
-- severity: note
-- confidence: medium
-- needs: hotpatch
-- mechanism: Each redirected function takes an entry of the base's address table, of which a pair of pages holds 512; where a system has
--   reserved one pair only, the patch is refused (0xC00004AC). A MinSequenceNumber above the image's own number names a state in
--   which the machine cannot be when it takes this image.
-- action: Check on a machine of the oldest supported build that the patch is taken.
SELECT i.module AS subject, printf('%s.', group_concat(upper(substr(o.text, 1, 1)) || substr(o.text, 2), '. ')) AS message,
       json_object('oddities', json(json_group_array(o.text))) AS evidence
FROM (SELECT * FROM hotpatch_oddity WHERE kind IN ('address-table-pairs', 'min-sequence') ORDER BY image_id, ordinal) o
JOIN image i USING (image_id)
GROUP BY i.image_id
ORDER BY i.module;
