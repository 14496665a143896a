-- id: HG601
-- title: Service runs, but does not answer
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: After the patch, requests from outside get no answer at all while the service manager says "running" and the process
--   is the same: threads wait for each other, or requests are dropped. No restart and no alarm follows, so clients lose the
--   service in silence.
-- action: Take a dump of the process in the kept guest, look at the threads' stacks for locks that the changed functions take, and
--   compare the lock order with the base.
WITH seen(run_id, is_control, exchange, sent, answered, late) AS (
  SELECT run_id, phase = 'control', exchange, SUM(sent), SUM(answered), SUM(late)
  FROM lab_probe WHERE exchange <> 'witness' GROUP BY run_id, phase = 'control', exchange),
last_process AS (
  SELECT run_id, service_state, pid, start_time, MAX(ordinal) FROM lab_process GROUP BY run_id)
SELECT 'role ' || r.role || ': ' || p.exchange AS subject,
       printf('%d of %d %s requests got no answer after the patch (%d were answered in time%s), while the service is %s%s. Control run: %d of %d answered.',
              p.sent - p.answered - p.late, p.sent, p.exchange, p.answered,
              CASE WHEN p.late > 0 THEN printf(', %d late', p.late) ELSE '' END,
              COALESCE(l.service_state, 'not known to be stopped'), COALESCE(printf(' and its PID %d is unchanged', l.pid), ''),
              COALESCE(c.answered, 0), COALESCE(c.sent, 0)) AS message,
       json_object('exchange', p.exchange, 'sent', p.sent, 'answered', p.answered, 'late', p.late,
                   'unanswered', p.sent - p.answered - p.late, 'service_state', l.service_state, 'pid', l.pid,
                   'control_sent', c.sent, 'control_answered', c.answered,
                   'deadline_ms', (SELECT MAX(deadline_ms) FROM lab_probe d WHERE d.run_id = p.run_id AND d.exchange = p.exchange)) AS evidence
FROM seen p
JOIN lab_run r ON r.run_id = p.run_id
LEFT JOIN seen c ON c.run_id = p.run_id AND c.exchange = p.exchange AND c.is_control
LEFT JOIN last_process l ON l.run_id = p.run_id
WHERE NOT p.is_control
  AND p.sent - p.answered - p.late > 0
  AND COALESCE(c.sent - c.answered - c.late, 0) = 0 -- else the lab itself loses packets
  -- A process that died or came back is HG603.
  AND NOT EXISTS (SELECT 1 FROM lab_process d WHERE d.run_id = p.run_id
                  AND (d.state <> 'running' OR d.pid <> l.pid OR d.start_time <> l.start_time));
