-- id: HG611
-- title: Update does not do after a restart what the hotpatch did
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The hotpatch lasts until the next start; from then on the update's own image serves. Here that image does not start, does
--   not answer as it should, or still has the defect: the machine loses its fix, or its service, at a restart that nobody
--   connects with this KB.
-- action: Run the update's image on its own and compare it with the hotpatch image (HG108): both must be built from the same source.
WITH trouble(run_id, ordinal, text) AS (
  SELECT run_id, ordinal, printf('step %s failed: %s', step, text) FROM lab_step s
  WHERE phase = 'restarted' AND outcome = 'failed'
    -- No answer to the witness says nothing about the code: HG903.
    AND NOT (step = 'witness' AND EXISTS (SELECT 1 FROM lab_witness w WHERE w.run_id = s.run_id AND w.phase = s.phase AND w.seen = 'no-answer'))
  UNION ALL
  SELECT run_id, 1000, 'its process exited' || CASE WHEN exit_code IS NULL THEN ' (exit code not known)' ELSE printf(' with code 0x%08x', exit_code & 0xffffffff) END
  FROM lab_process WHERE phase = 'restarted' AND state <> 'running'
  ORDER BY 1, 2)
SELECT r.module AS subject,
       printf('After the restart from the update''s image, %s.', group_concat(t.text, '; ')) AS message,
       json_object('trouble', json(json_group_array(t.text))) AS evidence
FROM lab_run r JOIN trouble t ON t.run_id = r.run_id
GROUP BY r.run_id;
