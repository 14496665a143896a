-- id: HG605
-- title: Service answers with wrong content
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: After the patch the service answers in time, but not with what the protocol and the configuration ask for, and before
--   it the same request was answered rightly. A probe that only looks for an answer would call this healthy.
-- action: Compare the first wrong answer in the evidence with the changed functions that build it.
WITH seen(run_id, is_control, exchange, sent, wrong, first_wrong) AS (
  SELECT run_id, phase = 'control', exchange, SUM(sent), SUM(wrong), MAX(first_wrong)
  FROM lab_probe WHERE exchange <> 'witness' AND phase <> 'restarted'
    AND NOT EXISTS (SELECT 1 FROM lab_quarantine q WHERE q.run_id = lab_probe.run_id AND q.exchange = lab_probe.exchange)
  GROUP BY run_id, phase = 'control', exchange)
SELECT 'role ' || r.role || ': ' || p.exchange AS subject,
       printf('%d of %d %s answers are wrong after the patch, none were before; first: %s.', p.wrong, p.sent, p.exchange, p.first_wrong) AS message,
       json_object('exchange', p.exchange, 'sent', p.sent, 'wrong', p.wrong, 'first_wrong', p.first_wrong, 'control_sent', c.sent) AS evidence
FROM seen p
JOIN lab_run r ON r.run_id = p.run_id
LEFT JOIN seen c ON c.run_id = p.run_id AND c.exchange = p.exchange AND c.is_control
WHERE NOT p.is_control AND p.wrong > 0 AND COALESCE(c.wrong, 0) = 0;
