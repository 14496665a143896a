-- id: HG102
-- title: Entry of a redirected function cannot be replaced by one write
-- severity: block
-- confidence: high
-- needs: hotpatch
-- mechanism: The redirect goes live by one 2-byte write over the first instruction. A shorter first instruction means that
--   a thread may stand between the two bytes, and a branch back to the entry from inside the body sends a thread that is
--   already in the old code into the new one, halfway through its work.
-- action: Rebuild the base with /hotpatch so that the function begins with an instruction of 2 bytes or more, and move the
--   loop that returns to the entry behind it.
SELECT h.module || '!' || f.name AS subject,
       CASE
         WHEN f.first_instruction_size = 0
           THEN printf('The first instruction of %s at RVA 0x%x does not decode, so 2 bytes cannot be replaced safely.', f.name, f.rva)
         WHEN f.first_instruction_size < 2
           THEN printf('The first instruction of %s at RVA 0x%x is %d byte long; the redirect replaces 2 bytes.',
                       f.name, f.rva, f.first_instruction_size)
         ELSE printf('%s at RVA 0x%x branches back to its own first 2 bytes (%d times), which the redirect replaces.',
                     f.name, f.rva, f.branches_to_entry)
       END AS message,
       json_object('function', f.name, 'rva', f.rva, 'first_instruction_size', f.first_instruction_size,
                   'branches_to_entry', f.branches_to_entry) AS evidence
FROM hotpatch_record r
JOIN image h ON h.image_id = r.image_id
JOIN function f ON f.function_id = r.base_function
WHERE r.kind = 'function' AND NOT r.inverse
  AND (f.first_instruction_size < 2 OR f.branches_to_entry > 0)
GROUP BY f.function_id;
