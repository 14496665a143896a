-- id: HG404
-- title: Hotpatch image was built for another base
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: The patch table is a list of addresses in one exact base, which its time stamp and checksum name. The loader refuses
--   it on any other (STATUS_REVISION_MISMATCH): the machine then reports the KB as installed and runs the old code.
-- action: Build the hotpatch image for the base of this KB's baseline month, or correct pre: or baseline: in KB.yaml.
SELECT h.module AS subject,
       printf('The hotpatch image is for a base with time stamp 0x%08x and checksum 0x%08x, but the base %s has 0x%08x and 0x%08x.',
              b.timestamp, b.checksum, p.path, p.timestamp, p.checksum) AS message,
       json_object('wanted_timestamp', printf('0x%08x', b.timestamp), 'wanted_checksum', printf('0x%08x', b.checksum),
                   'base_timestamp', printf('0x%08x', p.timestamp), 'base_checksum', printf('0x%08x', p.checksum)) AS evidence
FROM image h
JOIN image p ON p.module = h.module AND p.image = 'pre'
JOIN hotpatch_base b ON b.image_id = h.image_id
WHERE h.image = 'hotpatch'
  AND NOT EXISTS (SELECT 1 FROM hotpatch_base o WHERE o.image_id = h.image_id
                  AND o.timestamp = p.timestamp AND o.checksum = p.checksum)
  AND b.ordinal = (SELECT MIN(ordinal) FROM hotpatch_base o WHERE o.image_id = h.image_id);
