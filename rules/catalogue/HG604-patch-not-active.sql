-- id: HG604
-- title: Patch is not active in the process
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The bytes at the entries of the redirected functions are not what the patch table leads to, so the process runs old
--   code although the patch was applied. A machine in this state reports the KB as installed and stays vulnerable.
-- action: Compare the bytes in the evidence with the base: an inline hook of another product, an earlier patch or another base image
--   are the usual causes.
WITH differing(run_id, rva, function, expected, found) AS (
  SELECT run_id, rva, function, expected, found FROM lab_bytes WHERE after = 'apply' AND expected <> found ORDER BY run_id, rva),
failed(run_id, text) AS (
  SELECT run_id, group_concat(step || ': ' || text, '; ') FROM lab_step
  WHERE phase = 'patched' AND step IN ('apply', 'verify') AND outcome = 'failed'
    -- A process that ended meanwhile is HG603's, HG614's or HG615's.
    AND NOT EXISTS (SELECT 1 FROM lab_recovery v WHERE v.run_id = lab_step.run_id AND v.phase = lab_step.phase AND v.step = lab_step.step)
  GROUP BY run_id)
SELECT r.module AS subject,
       COALESCE((SELECT printf('%d of %d places in the memory of the process are not as the patch leaves them; first: %s (RVA 0x%x) should hold %s and holds %s.',
                               COUNT(*), (SELECT COUNT(*) FROM lab_bytes b WHERE b.run_id = r.run_id AND b.after = 'apply'),
                               function, MIN(rva), expected, found) FROM differing d WHERE d.run_id = r.run_id HAVING COUNT(*) > 0),
                'The patch could not be applied: ' || f.text || '.') AS message,
       json_object('steps', f.text,
                   'places', json((SELECT json_group_array(json_object('function', function, 'rva', rva, 'expected', expected, 'found', found))
                                   FROM differing d WHERE d.run_id = r.run_id))) AS evidence
FROM lab_run r LEFT JOIN failed f ON f.run_id = r.run_id
WHERE f.run_id IS NOT NULL OR r.run_id IN (SELECT run_id FROM differing);
