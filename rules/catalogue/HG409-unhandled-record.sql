-- id: HG409
-- title: Patch table has records that no known loader handles
-- severity: review
-- confidence: medium
-- needs: none
-- mechanism: The format has 4-byte relative records, but no loader that was looked at writes them: the slot keeps what the linker left
--   there, and the patched code jumps or reads relative to the wrong image.
-- action: Reach the base's code and data through pointer-sized records (absolute, indirect), and look at what made these.
SELECT i.module AS subject,
       printf('%d rel32 %s in the patch table of %s, the first for RVA 0x%x.', COUNT(*), CASE COUNT(*) WHEN 1 THEN 'record' ELSE 'records' END,
              i.path, MIN(r.written_rva)) AS message,
       json_object('records', COUNT(*), 'first_rva', MIN(r.written_rva)) AS evidence
FROM hotpatch_record r
JOIN image i USING (image_id)
WHERE r.kind = 'rel32'
GROUP BY i.image_id
ORDER BY i.module;
