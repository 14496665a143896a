-- id: HG904
-- title: Decoders disagree about patched code
-- severity: review
-- confidence: medium
-- needs: none
-- mechanism: Two decoders read the function, and each sees another instruction in the same bytes, or another end of it. One of them is
--   wrong. If it is LLVM, which decides, then what is said of this function is wrong as well: what changed in it, what it refers to.
--   Mostly it is the other one, whose table is too old. To call that incomplete would hold up every KB with a newer instruction, and
--   nothing would ever lift it; a note could be passed over. A person settles it with one look into the processor's manual: review.
-- action: Look the bytes at the given RVA up in the processor's manual. Where LLVM is right, install a newer Capstone and build again; where
--   LLVM is wrong, do not trust the comparison of this function, and report the bytes.
WITH place(module, function, image, decoder, rva, kind, first_text, second_text, contradicted, ordinal) AS (
  SELECT i.module, f.name, i.image, o.decoder, p.rva, p.kind, p.first_text, p.second_text, d.contradicted,
         ROW_NUMBER() OVER (PARTITION BY i.module, f.name ORDER BY i.image_id, p.rva)
  FROM decoder_disagreement d
  JOIN function f USING (function_id)
  JOIN image i ON i.image_id = f.image_id
  JOIN second_opinion o ON o.image_id = i.image_id
  JOIN decoder_disagreement_place p ON p.function_id = d.function_id
  WHERE d.contradicted > 0 AND p.kind <> 'unknown'
  ORDER BY i.module, f.name, i.image_id, p.rva)
SELECT module || '!' || function AS subject,
       printf('The decoders read up to %d of its instructions differently; first, in the %s image at RVA 0x%x: %s (LLVM) or %s (%s).',
              MAX(contradicted), MAX(CASE ordinal WHEN 1 THEN image END), MAX(CASE ordinal WHEN 1 THEN rva END),
              MAX(CASE ordinal WHEN 1 THEN first_text END), MAX(CASE ordinal WHEN 1 THEN second_text END), MAX(decoder)) AS message,
       json_object('decoder', MAX(decoder), 'places', json(json_group_array(json_object('image', image, 'rva', rva, 'differs_in', kind,
                   'llvm', first_text, 'second', second_text)))) AS evidence
FROM place
GROUP BY module, function;
