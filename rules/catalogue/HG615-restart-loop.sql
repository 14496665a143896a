-- id: HG615
-- title: Service starts over and over
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The process ended, and so did the new one that the service manager started in its place. What makes it crash is in its
--   start, its saved state or the requests that wait for it; it answers between two crashes at most, and a server that is started
--   again without end also fills its logs and its disk with dumps.
-- action: Take the hotpatch out before the service is started again. Then look for what the new process reads or is asked first; the
--   first changed function on the faulting stack is where to look.
SELECT 'role ' || r.role || ': process' AS subject,
       printf('After its process was gone in step %s, phase %s, the service was started %s while the lab watched, and %s.', v.step, v.phase,
              CASE COUNT(*) WHEN 1 THEN 'once' ELSE printf('%d times', COUNT(*)) END,
              CASE v.state WHEN 'running' THEN 'runs again at the end' ELSE 'its last process ended as well' END) AS message,
       json_object('starts', COUNT(*), 'state', v.state, 'service_state', v.service_state, 'phase', v.phase, 'step', v.step,
                   'answer', v.answer, 'pids', json(json_group_array(n.pid))) AS evidence
FROM lab_recovery v
JOIN lab_run r ON r.run_id = v.run_id
JOIN lab_restart n ON n.run_id = v.run_id
GROUP BY v.run_id
HAVING COUNT(*) > 1 OR v.state <> 'running';
