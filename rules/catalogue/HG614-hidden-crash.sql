-- id: HG614
-- title: Service crashes and is restarted by itself
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The process ended and the service manager started a new one, which stays. A look at the service's state says "running" and
--   a probe is answered, so nobody sees the crash; but sessions and state of the old process are lost each time, requests meanwhile
--   are lost, and a request from outside can do it again.
-- action: Run the step that the evidence names against the patched service on a machine of your own, with a debugger or a crash dump
--   set up; the first changed function on the faulting stack is where to look. In production, count events 7031 and 7034 of the service
--   control manager.
WITH once(run_id, pid, start_time) AS (
  SELECT n.run_id, n.pid, n.start_time FROM lab_restart n GROUP BY n.run_id HAVING COUNT(*) = 1),
first(run_id, is_restarted, pid, ordinal) AS (
  SELECT run_id, phase = 'restarted', pid, MIN(ordinal) FROM lab_process GROUP BY run_id, phase = 'restarted')
SELECT 'role ' || r.role || ': process' AS subject,
       printf('The service process (PID %d) was gone in step %s, phase %s, and PID %d came in its place by itself; %s.', f.pid, v.step, v.phase, o.pid,
              CASE v.answer WHEN '' THEN 'it answers, so that nobody would notice'
                            ELSE printf('it does not answer as it should: %s', COALESCE(v.answer, 'it was not asked')) END) AS message,
       json_object('pid_before', f.pid, 'pid_after', o.pid, 'phase', v.phase, 'step', v.step, 'service_state', v.service_state,
                   'answer', v.answer) AS evidence
FROM lab_recovery v
JOIN lab_run r ON r.run_id = v.run_id
JOIN once o ON o.run_id = v.run_id
JOIN first f ON f.run_id = v.run_id AND f.is_restarted = (v.phase = 'restarted')
-- A new process that ended again, or another after it, is a loop: HG615.
WHERE v.state = 'running';
