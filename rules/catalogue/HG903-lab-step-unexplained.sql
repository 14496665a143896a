-- id: HG903
-- title: Lab run proves less than it should
-- severity: incomplete
-- confidence: high
-- needs: lab
-- mechanism: A lab run speaks for the patch only when every step was done: the defect shown, the patch applied and verified, load
--   with and without it, and the way back. A step that was left out, that the lab itself could not do, or that failed without a fact
--   that says why, proves nothing either way; nor does a soak whose memory varies so much that a leak could hide in it.
-- action: Read the step's text in the report and run the lab again, on an idle host; where growth cannot be excluded, with more requests
--   in the soak (lab.yaml).
WITH due(ordinal, phase, step) AS (
  VALUES (1, 'control', 'smoke'), (2, 'control', 'witness'), (3, 'control', 'soak'), (4, 'patched', 'apply'), (5, 'patched', 'verify'),
         (6, 'patched', 'smoke'), (7, 'patched', 'witness'), (8, 'patched', 'soak'), (9, 'undone', 'undo'), (10, 'undone', 'verify'),
         (11, 'undone', 'witness'), (12, 'undone', 'smoke'), (13, 'restarted', 'restart'), (14, 'restarted', 'smoke'),
         (15, 'restarted', 'witness')),
-- A failed step may end the run: what follows it is missing for that reason.
failed(run_id) AS (SELECT run_id FROM lab_step WHERE outcome <> 'ok'),
-- Phases in which requests or the process were lost, or answers were wrong: HG601, HG603, HG614, HG615, HG605.
lost(run_id, phase) AS (
  SELECT run_id, phase FROM lab_probe WHERE exchange <> 'witness' AND (answered + late < sent OR wrong > 0)
    AND NOT EXISTS (SELECT 1 FROM lab_quarantine q WHERE q.run_id = lab_probe.run_id AND q.exchange = lab_probe.exchange)
  UNION
  SELECT p.run_id, p.phase FROM lab_process p JOIN lab_process c ON c.run_id = p.run_id AND c.phase = 'control'
  WHERE p.phase NOT IN ('control', 'restarted')
    -- A Windows machine goes back to the base by a restart.
    AND NOT (p.phase = 'undone' AND p.state = 'running' AND p.run_id IN (SELECT run_id FROM lab_machine))
    AND (p.state <> 'running' OR p.pid <> c.pid OR p.start_time <> c.start_time)),
-- The same, or answers came late (HG608): enough to explain a failed step, but not why something could not be measured.
fault(run_id, phase) AS (
  SELECT run_id, phase FROM lost
  UNION
  SELECT run_id, phase FROM lab_probe WHERE exchange <> 'witness' AND late > 0
    AND NOT EXISTS (SELECT 1 FROM lab_quarantine q WHERE q.run_id = lab_probe.run_id AND q.exchange = lab_probe.exchange)),
-- As HG602 finds it.
leak(run_id) AS (
  SELECT g.run_id FROM lab_growth g JOIN lab_slope p ON p.run_id = g.run_id AND p.counter = g.counter AND p.phase = 'patched'
  WHERE g.counter = 'private-bytes' AND g.low > 0 AND g.per_transaction >= 64 AND g.low * p.transactions >= 262144),
trouble(run_id, ordinal, text) AS (
  SELECT r.run_id, d.ordinal, printf('step %s (%s) was not reached', d.step, d.phase)
  FROM lab_run r JOIN due d
  WHERE r.run_id NOT IN (SELECT run_id FROM failed) AND r.run_id NOT IN (SELECT run_id FROM fault)
    AND NOT EXISTS (SELECT 1 FROM lab_step s WHERE s.run_id = r.run_id AND s.phase = d.phase AND s.step = d.step)
  UNION ALL
  SELECT s.run_id, s.ordinal, printf('step %s (%s) failed: %s', s.step, s.phase, s.text)
  FROM lab_step s
  WHERE s.outcome <> 'ok'
    -- What other lab rules explain by facts: HG611 (everything after the restart), HG604 and HG606 (apply, verify, undo), HG607 (witness), HG601 to HG605, HG614 and HG615 (probes, memory, process).
    -- What the lab could not do is explained by none.
    AND (s.outcome = 'lab-fault' OR s.phase = 'control'
         OR NOT (s.phase = 'restarted' OR s.step IN ('apply', 'verify', 'undo')
                 OR (s.step = 'witness' AND EXISTS (SELECT 1 FROM lab_witness w WHERE w.run_id = s.run_id AND w.phase = s.phase))
                 OR (s.step = 'soak' AND s.run_id IN (SELECT run_id FROM leak))
                 OR EXISTS (SELECT 1 FROM fault f WHERE f.run_id = s.run_id AND f.phase = s.phase)))
  UNION ALL
  SELECT s.run_id, 101, 'the growth of memory could not be measured'
  FROM lab_step s
  WHERE s.phase = 'patched' AND s.step = 'soak' AND s.outcome <> 'lab-fault'
    AND NOT EXISTS (SELECT 1 FROM lab_growth g WHERE g.run_id = s.run_id AND g.counter = 'private-bytes')
    AND NOT EXISTS (SELECT 1 FROM lost l WHERE l.run_id = s.run_id AND l.phase = s.phase)
  UNION ALL
  -- 1 KiB: leaks of shipped updates were of this size and more; a soak of some hundred requests can tell it from noise.
  -- 128 KiB in all: a few heap segments or a small leak, which a longer soak tells apart.
  SELECT g.run_id, 102, printf('the soak cannot exclude growth of %,d bytes per transaction', CAST(round(g.high) AS INTEGER))
  FROM lab_growth g LEFT JOIN lab_slope p ON p.run_id = g.run_id AND p.counter = g.counter AND p.phase = 'patched'
  WHERE g.counter = 'private-bytes' AND (g.high >= 1024 OR g.low * COALESCE(p.transactions, 0) >= 131072) AND g.run_id NOT IN (SELECT run_id FROM leak)
    AND NOT EXISTS (SELECT 1 FROM lost l WHERE l.run_id = g.run_id AND l.phase = 'patched')
  UNION ALL
  SELECT w.run_id, 100, printf('the witness test saw ''%s'' (%s): %s', w.seen, w.phase, w.text)
  FROM lab_witness w
  WHERE ((w.phase = 'patched' AND w.seen NOT IN ('fixed', 'vulnerable'))
         OR (w.phase = 'undone' AND w.seen NOT IN ('vulnerable', 'fixed', 'other')) -- HG606 has the others
         OR (w.phase = 'restarted' AND w.seen NOT IN ('fixed', 'vulnerable', 'other'))) -- HG611 has the others
    AND NOT EXISTS (SELECT 1 FROM lost l WHERE l.run_id = w.run_id AND l.phase = w.phase)
  ORDER BY 1, 2)
SELECT 'role ' || r.role || ': run' AS subject,
       printf('In the lab run, %s.', group_concat(t.text, '; ')) AS message,
       json_object('trouble', json(json_group_array(t.text))) AS evidence
FROM lab_run r JOIN trouble t ON t.run_id = r.run_id
GROUP BY r.run_id;
