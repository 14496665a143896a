-- id: HG107
-- title: Redirect does not lead from a function's start to a function's start
-- severity: block
-- confidence: high
-- needs: hotpatch
-- mechanism: A forward record writes a jump at one address of the base and leads it to one address of the patch image. Where
--   either of them is not the first byte of a function, the write lands inside other code or the jump leads into the middle
--   of a function.
-- action: Build the hotpatch image again from the symbols of exactly this base; do not edit the patch table by hand.
SELECT h.module AS subject,
       printf('%d of %d redirects do not start or end at a function; first: record %d writes base RVA 0x%x%s and leads to patch RVA 0x%x%s.',
              COUNT(*), (SELECT COUNT(*) FROM hotpatch_record a WHERE a.image_id = r.image_id AND a.kind = 'function' AND NOT a.inverse),
              MIN(r.ordinal), r.written_rva, CASE WHEN r.base_function IS NULL THEN ' (no function)' ELSE '' END,
              r.target_rva, CASE WHEN r.hotpatch_function IS NULL THEN ' (no function)' ELSE '' END) AS message,
       json_object('records', json(json_group_array(json_object('record', r.ordinal, 'base_rva', r.written_rva,
                   'base_function', r.base_function IS NOT NULL, 'patch_rva', r.target_rva,
                   'patch_function', r.hotpatch_function IS NOT NULL)))) AS evidence
FROM (SELECT * FROM hotpatch_record ORDER BY image_id, ordinal) r
JOIN image h ON h.image_id = r.image_id
WHERE r.kind = 'function' AND NOT r.inverse AND (r.base_function IS NULL OR r.hotpatch_function IS NULL)
GROUP BY r.image_id;
