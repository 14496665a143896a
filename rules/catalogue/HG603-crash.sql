-- id: HG603
-- title: Service process died or was replaced
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The process that was patched no longer runs. The service manager may have started a new one, which answers and hides
--   the crash from a look at the service's state; sessions and state of the old process are lost.
-- action: Run the step that the evidence names against the patched service on a machine of your own, under a debugger; the first
--   changed function on the faulting stack is where to look.
WITH before(run_id, pid, start_time, ordinal) AS (
  SELECT run_id, pid, start_time, MAX(ordinal) FROM lab_process WHERE phase = 'control' GROUP BY run_id),
gone(run_id, phase, step, state, pid, exit_code, old_pid, ordinal) AS (
  SELECT p.run_id, p.phase, p.step, p.state, p.pid, p.exit_code, b.pid, MIN(p.ordinal)
  FROM lab_process p JOIN before b ON b.run_id = p.run_id AND p.ordinal > b.ordinal
  WHERE p.phase <> 'restarted'
    -- A Windows machine goes back to the base by a restart.
    AND NOT (p.phase = 'undone' AND p.state = 'running' AND p.run_id IN (SELECT run_id FROM lab_machine))
    AND (p.state <> 'running' OR p.pid <> b.pid OR p.start_time <> b.start_time)
  GROUP BY p.run_id)
SELECT 'role ' || r.role || ': process' AS subject,
       CASE WHEN g.state <> 'running'
         THEN printf('The service process (PID %d) exited%s in step %s, phase %s.', g.old_pid,
                     COALESCE(printf(' with code 0x%08x', g.exit_code & 0xffffffff), ''), g.step, g.phase)
         ELSE printf('The service process was replaced: PID %d became %d in step %s, phase %s. The one that was patched is gone.',
                     g.old_pid, g.pid, g.step, g.phase)
       END AS message,
       json_object('state', g.state, 'pid_before', g.old_pid, 'pid_after', g.pid,
                   'exit_code', CASE WHEN g.exit_code IS NULL THEN NULL ELSE printf('0x%08x', g.exit_code & 0xffffffff) END,
                   'phase', g.phase, 'step', g.step) AS evidence
FROM gone g JOIN lab_run r ON r.run_id = g.run_id;
