-- id: HG603
-- title: Service process died
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The process that was patched ended, and no new one took its place while the lab watched: clients have no service until
--   somebody starts it.
-- action: Run the step that the evidence names against the patched service on a machine of your own, under a debugger; the first
--   changed function on the faulting stack is where to look.
WITH before(run_id, pid, start_time, ordinal) AS (
  SELECT run_id, pid, start_time, MAX(ordinal) FROM lab_process WHERE phase = 'control' GROUP BY run_id),
gone(run_id, phase, step, exit_code, old_pid, ordinal) AS (
  SELECT p.run_id, p.phase, p.step, p.exit_code, b.pid, MIN(p.ordinal)
  FROM lab_process p JOIN before b ON b.run_id = p.run_id AND p.ordinal > b.ordinal
  WHERE p.phase <> 'restarted'
    -- A Windows machine goes back to the base by a restart.
    AND NOT (p.phase = 'undone' AND p.state = 'running' AND p.run_id IN (SELECT run_id FROM lab_machine))
    AND (p.state <> 'running' OR p.pid <> b.pid OR p.start_time <> b.start_time)
  GROUP BY p.run_id)
SELECT 'role ' || r.role || ': process' AS subject,
       printf('The service process (PID %d) exited%s in step %s, phase %s%s.', g.old_pid,
              -- Not COALESCE: printf() makes a text of NULL, too, and 0 is the code of a process that ended in peace.
              CASE WHEN g.exit_code IS NULL THEN ' (exit code not known)' ELSE printf(' with code 0x%08x', g.exit_code & 0xffffffff) END,
              g.step, g.phase,
              CASE v.restarts WHEN 1 THEN printf(', and the service manager did not start it again within %d ms', v.waited_ms)
                              WHEN 0 THEN '; whether it would come back by itself is not known, as this guest''s service manager restarts nothing'
                              ELSE '' END) AS message,
       json_object('pid_before', g.old_pid,
                   'exit_code', CASE WHEN g.exit_code IS NULL THEN NULL ELSE printf('0x%08x', g.exit_code & 0xffffffff) END,
                   'phase', g.phase, 'step', g.step, 'service_state', v.service_state) AS evidence
FROM gone g JOIN lab_run r ON r.run_id = g.run_id LEFT JOIN lab_recovery v ON v.run_id = g.run_id
-- A service that came back is HG614's, one that did so over and over HG615's.
WHERE NOT EXISTS (SELECT 1 FROM lab_restart n WHERE n.run_id = g.run_id);
