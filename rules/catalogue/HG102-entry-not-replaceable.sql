-- id: HG102
-- title: Entry of a redirected function cannot be replaced by one write
-- severity: block
-- confidence: high
-- needs: hotpatch
-- mechanism: The redirect goes live by one 2-byte write over the first instruction. A shorter first instruction means that
--   a thread may stand between the two bytes, and a branch back to the entry from inside the body sends a thread that is
--   already in the old code into the new one, halfway through its work. ARM64 replaces 8 bytes. A function that is shorter than
--   what is replaced shares the bytes with its neighbour.
-- action: Rebuild the base with /hotpatch so that the function begins with an instruction of 2 bytes or more, and move the
--   loop that returns to the entry behind it.
WITH redirected(image_id, module, record, function_id) AS (
  SELECT r.image_id, h.module, MIN(r.ordinal), r.base_function
  FROM hotpatch_record r JOIN image h ON h.image_id = r.image_id
  WHERE r.kind = 'function' AND NOT r.inverse AND r.base_function IS NOT NULL
  GROUP BY r.image_id, r.base_function)
SELECT d.module || '!' || f.name AS subject,
       CASE
         WHEN f.first_instruction_size = 0
           THEN printf('The first instruction of %s at RVA 0x%x does not decode, so 2 bytes cannot be replaced safely.', f.name, f.rva)
         WHEN f.first_instruction_size < 2
           THEN printf('The first instruction of %s at RVA 0x%x is %d byte long; the redirect replaces 2 bytes.',
                       f.name, f.rva, f.first_instruction_size)
         WHEN f.branches_to_entry > 0
           THEN printf('%s at RVA 0x%x branches back to its own first %d bytes (%d times), which the redirect replaces.',
                       f.name, f.rva, CASE i.machine WHEN 'arm64' THEN 8 ELSE 2 END, f.branches_to_entry)
         ELSE upper(substr(o.text, 1, 1)) || substr(o.text, 2) || '.'
       END AS message,
       json_object('function', f.name, 'rva', f.rva, 'first_instruction_size', f.first_instruction_size,
                   'branches_to_entry', f.branches_to_entry, 'shares_bytes', o.text IS NOT NULL) AS evidence
FROM redirected d
JOIN function f USING (function_id)
JOIN image i ON i.image_id = f.image_id
LEFT JOIN hotpatch_oddity o ON o.image_id = d.image_id AND o.record = d.record AND o.kind = 'shares-bytes'
WHERE f.first_instruction_size < 2 OR f.branches_to_entry > 0 OR o.text IS NOT NULL
ORDER BY d.module, f.function_id;
