-- id: HG905
-- title: Instructions of patched code that only one decoder knows
-- severity: note
-- confidence: high
-- needs: none
-- mechanism: The second decoder reads nothing where LLVM reads an instruction, so there is no second opinion on it. Nothing speaks against
--   LLVM, and what is missing is in the second decoder's table: nearly always it is older than the instruction (AVX-512, pointer
--   authentication). That holds of whole libraries, and no look at the patch settles it: a note. What both read and read
--   differently is HG904.
-- action: Install a newer Capstone and build again. Instructions that no compiler makes are a sign of data between code: look at these
--   functions before trusting what is said of them.
WITH unknown(module, decoder, image, function, rva, instructions, operations) AS (
  SELECT i.module, o.decoder, i.image, f.name, f.rva, d.unknown,
         (SELECT json_group_array(m.name) FROM (
            SELECT DISTINCT substr(p.first_text, 1, instr(p.first_text || ' ', ' ') - 1) AS name
            FROM decoder_disagreement_place p WHERE p.function_id = d.function_id AND p.kind = 'unknown' ORDER BY name) m)
  FROM decoder_disagreement d
  JOIN function f USING (function_id)
  JOIN image i ON i.image_id = f.image_id
  JOIN second_opinion o ON o.image_id = i.image_id
  WHERE d.unknown > 0
  ORDER BY i.module, i.image_id, f.rva)
SELECT module AS subject,
       printf('%s does not know %d instructions in %d %s (%s); LLVM''s reading of them stands alone.', MAX(decoder),
              SUM(instructions), COUNT(*), CASE COUNT(*) WHEN 1 THEN 'function' ELSE 'functions' END,
              (SELECT group_concat(name, ', ') FROM (
                 SELECT DISTINCT e.value AS name FROM unknown u, json_each(u.operations) e WHERE u.module = unknown.module
                 ORDER BY name LIMIT 8))) AS message,
       json_object('decoder', MAX(decoder), 'functions', json(json_group_array(json_object('image', image, 'function', function, 'rva', rva,
                   'instructions', instructions, 'operations', (SELECT group_concat(value, ', ') FROM json_each(operations)))))) AS evidence
FROM unknown
GROUP BY module;
