-- id: HG606
-- title: Undo did not restore the base
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: Taking the patch out is the only way back without a restart. Here the process does not behave like the base
--   afterwards, or its code is not the base's: a machine that rolls back keeps something of the patch.
-- action: Compare the bytes in the evidence with the base, and look for state that the new code left behind.
WITH differing(run_id, rva, function, expected, found) AS (
  SELECT run_id, rva, function, expected, found FROM lab_bytes WHERE after = 'undo' AND expected <> found ORDER BY run_id, rva),
trouble(run_id, ordinal, text) AS (
  SELECT run_id, 1, 'step ' || step || ' failed: ' || text FROM lab_step
  WHERE phase = 'undone' AND step IN ('undo', 'verify') AND outcome = 'failed'
  UNION ALL
  SELECT run_id, 2, printf('%d places differ from the base, first %s (RVA 0x%x): should hold %s and holds %s', COUNT(*), function, MIN(rva), expected, found)
  FROM differing GROUP BY run_id
  UNION ALL
  SELECT run_id, 3, printf('the witness test sees ''%s'' where the base is vulnerable', seen) FROM lab_witness
  WHERE phase = 'undone' AND seen IN ('fixed', 'other') -- no answer at all says nothing about the code: HG903
  ORDER BY 1, 2, 3)
SELECT r.module AS subject,
       printf('After undo, %s.', group_concat(t.text, '; ')) AS message,
       json_object('trouble', json(json_group_array(t.text)),
                   'places', json((SELECT json_group_array(json_object('function', function, 'rva', rva, 'expected', expected, 'found', found))
                                   FROM differing d WHERE d.run_id = r.run_id))) AS evidence
FROM lab_run r JOIN trouble t ON t.run_id = r.run_id
GROUP BY r.run_id;
