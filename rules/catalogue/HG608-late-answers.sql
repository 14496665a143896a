-- id: HG608
-- title: Answers come late after the patch
-- severity: review
-- confidence: medium
-- needs: lab
-- mechanism: The service answers after the client's deadline, which it did not before the patch. Clients see that as a failure, and
--   a service that is only just too slow in the lab stops under real load.
-- action: Look at the latency table of the report; a changed lock or wait on the path is the usual cause. Run the lab again on an
--   idle host if the host was busy.
WITH seen(run_id, is_control, exchange, sent, late, worst_ms, deadline_ms) AS (
  SELECT run_id, phase = 'control', exchange, SUM(sent), SUM(late), MAX(worst_ms), MAX(deadline_ms)
  FROM lab_probe WHERE exchange <> 'witness' AND phase <> 'restarted'
    AND NOT EXISTS (SELECT 1 FROM lab_quarantine q WHERE q.run_id = lab_probe.run_id AND q.exchange = lab_probe.exchange)
  GROUP BY run_id, phase = 'control', exchange)
SELECT 'role ' || r.role || ': ' || p.exchange AS subject,
       printf('%d of %d %s answers came after the deadline of %d ms (worst %.0f ms); in the control run none did (worst %.0f ms).',
              p.late, p.sent, p.exchange, p.deadline_ms, p.worst_ms, COALESCE(c.worst_ms, 0)) AS message,
       json_object('exchange', p.exchange, 'sent', p.sent, 'late', p.late, 'worst_ms', p.worst_ms, 'deadline_ms', p.deadline_ms,
                   'control_worst_ms', c.worst_ms) AS evidence
FROM seen p
JOIN lab_run r ON r.run_id = p.run_id
LEFT JOIN seen c ON c.run_id = p.run_id AND c.exchange = p.exchange AND c.is_control
-- One in a hundred: a single slow answer of a long soak is the host's scheduling.
WHERE NOT p.is_control AND p.late * 100 >= p.sent AND p.late > 0 AND COALESCE(c.late, 0) = 0;
