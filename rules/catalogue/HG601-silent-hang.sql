-- id: HG601
-- title: Service runs, but does not answer
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: After the patch, requests from outside get no answer at all while the service manager says "running" and the process
--   is the same: threads wait for each other, or requests are dropped. No restart and no alarm follows, so clients lose the
--   service in silence.
-- action: Run the exchange that the evidence names against the patched service on a machine of your own, take a dump of the process
--   there, look at the threads' stacks for locks that the changed functions take, and compare the lock order with the base.
WITH seen(run_id, is_control, exchange, sent, answered, late) AS (
  SELECT run_id, phase = 'control', exchange, SUM(sent), SUM(answered), SUM(late)
  FROM lab_probe WHERE exchange <> 'witness' AND phase <> 'restarted'
    AND NOT EXISTS (SELECT 1 FROM lab_quarantine q WHERE q.run_id = lab_probe.run_id AND q.exchange = lab_probe.exchange)
  GROUP BY run_id, phase = 'control', exchange),
last_process AS (
  SELECT run_id, service_state, pid, start_time, MAX(ordinal) FROM lab_process WHERE phase <> 'restarted' GROUP BY run_id),
-- Exchanges that the control run had answered every time: else the lab itself loses packets.
silent AS (
  SELECT p.run_id, p.exchange, p.sent, p.answered, p.late, p.sent - p.answered - p.late AS unanswered, c.sent AS control_sent
  FROM seen p LEFT JOIN seen c ON c.run_id = p.run_id AND c.exchange = p.exchange AND c.is_control
  WHERE NOT p.is_control AND p.sent - p.answered - p.late > 0 AND COALESCE(c.sent - c.answered - c.late, 0) = 0
  ORDER BY p.exchange)
-- One hang stops every kind of request: one finding a run, with all of them.
SELECT 'role ' || r.role AS subject,
       printf('%d of %d requests got no answer after the patch, while the service is %s%s: %s. The control run answered all %d of the same kinds.',
              SUM(s.unanswered), SUM(s.sent), COALESCE(l.service_state, 'not known to be stopped'),
              CASE WHEN l.pid IS NULL THEN '' ELSE printf(' and its PID %d is unchanged', l.pid) END,
              group_concat(printf('%s %d of %d', s.exchange, s.unanswered, s.sent), ', '),
              COALESCE(SUM(s.control_sent), 0)) AS message,
       json_object('service_state', l.service_state, 'pid', l.pid, 'unanswered', SUM(s.unanswered), 'sent', SUM(s.sent),
                   'deadline_ms', (SELECT MAX(deadline_ms) FROM lab_probe d WHERE d.run_id = s.run_id),
                   'exchanges', json(json_group_array(json_object('exchange', s.exchange, 'sent', s.sent, 'answered', s.answered,
                                                                  'late', s.late, 'unanswered', s.unanswered)))) AS evidence
FROM silent s
JOIN lab_run r ON r.run_id = s.run_id
LEFT JOIN last_process l ON l.run_id = s.run_id
-- A process that died or came back is HG603, HG614 or HG615.
WHERE NOT EXISTS (SELECT 1 FROM lab_process d WHERE d.run_id = s.run_id AND d.phase <> 'restarted'
                  AND (d.state <> 'running' OR d.pid <> l.pid OR d.start_time <> l.start_time))
GROUP BY s.run_id;
