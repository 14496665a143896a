-- id: HG903
-- title: Lab run proves less than it should
-- severity: incomplete
-- confidence: high
-- needs: lab
-- mechanism: A lab run speaks for the patch only when every step was done: the defect shown, the patch applied and verified, load
--   with and without it, and the way back. A step that was left out, or that failed without a fact that says why, proves
--   nothing either way.
-- action: Read the step's text in the report and run the lab again; the guest of a failed step is kept.
WITH due(ordinal, phase, step) AS (
  VALUES (1, 'control', 'smoke'), (2, 'control', 'witness'), (3, 'control', 'soak'), (4, 'patched', 'apply'), (5, 'patched', 'verify'),
         (6, 'patched', 'smoke'), (7, 'patched', 'witness'), (8, 'patched', 'soak'), (9, 'undone', 'undo'), (10, 'undone', 'witness'),
         (11, 'undone', 'smoke')),
-- A failed step ends the run: what follows it is missing for that reason.
failed(run_id) AS (SELECT run_id FROM lab_step WHERE outcome <> 'ok'),
trouble(run_id, ordinal, text) AS (
  SELECT r.run_id, d.ordinal, printf('step %s (%s) was not reached', d.step, d.phase)
  FROM lab_run r JOIN due d
  WHERE r.run_id NOT IN (SELECT run_id FROM failed)
    AND NOT EXISTS (SELECT 1 FROM lab_step s WHERE s.run_id = r.run_id AND s.phase = d.phase AND s.step = d.step)
  UNION ALL
  SELECT s.run_id, s.ordinal, printf('step %s (%s) failed: %s', s.step, s.phase, s.text)
  FROM lab_step s
  WHERE s.outcome <> 'ok'
    -- What the other lab rules explain by facts: apply, verify, undo and the witness (HG604, HG606, HG607), and probes and processes.
    AND NOT (s.phase <> 'control'
             AND (s.step IN ('apply', 'verify', 'undo')
                  OR EXISTS (SELECT 1 FROM lab_witness w WHERE w.run_id = s.run_id AND w.phase = s.phase AND s.step = 'witness'
                             AND w.seen <> CASE s.phase WHEN 'patched' THEN 'fixed' ELSE 'vulnerable' END)
                  OR EXISTS (SELECT 1 FROM lab_probe p WHERE p.run_id = s.run_id AND p.phase = s.phase AND p.exchange <> 'witness'
                             AND (p.answered < p.sent OR p.wrong > 0))
                  OR (s.step = 'soak' AND EXISTS (SELECT 1 FROM lab_growth g WHERE g.run_id = s.run_id AND g.low > 0))
                  OR EXISTS (SELECT 1 FROM lab_process p WHERE p.run_id = s.run_id AND p.phase = s.phase AND p.state <> 'running')
                  OR EXISTS (SELECT 1 FROM lab_process p JOIN lab_process c ON c.run_id = p.run_id AND c.phase = 'control'
                             WHERE p.run_id = s.run_id AND p.phase = s.phase AND p.pid <> c.pid)))
  ORDER BY 1, 2)
SELECT 'role ' || r.role || ': run' AS subject,
       printf('In the lab run, %s.', group_concat(t.text, '; ')) AS message,
       json_object('trouble', json(json_group_array(t.text))) AS evidence
FROM lab_run r JOIN trouble t ON t.run_id = r.run_id
GROUP BY r.run_id;
