-- id: HG415
-- title: Reference slot leads to another variable of the base
-- severity: block
-- confidence: high
-- needs: public, hotpatch
-- mechanism: Patched code reaches the base's variables through slots that the patch table binds. A slot that is bound to another variable,
--   into the middle of one, or to one of another size makes the patched code read and write what belongs to somebody else.
-- action: Build the hotpatch image again from the symbols of exactly this base; a variable whose size changed cannot be hotpatched.
SELECT i.module || '!' || o.name AS subject,
       printf('Record %d: %s.', o.record, o.text) AS message,
       json_object('record', o.record, 'kind', o.kind, 'slot', o.name, 'rva', r.written_rva, 'base_rva', r.target_rva) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
JOIN hotpatch_record r ON r.image_id = o.image_id AND r.ordinal = o.record
WHERE o.kind IN ('other-variable', 'inside-variable', 'other-size')
  AND NOT EXISTS (SELECT 1 FROM hotpatch_oddity e WHERE e.image_id = o.image_id AND e.record = o.record AND e.ordinal < o.ordinal
                  AND e.kind IN ('other-variable', 'inside-variable', 'other-size')) -- one slot, one finding
ORDER BY i.module, o.ordinal;
