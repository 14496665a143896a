-- id: HG618
-- title: Quarantined exchange failed and was not judged
-- severity: note
-- confidence: high
-- needs: lab
-- mechanism: The probe of this exchange is known to fail without the service's fault, so that its missing, late and wrong answers count
--   neither for nor against the patch. A regression in exactly this exchange would hide behind the quarantine.
-- action: Run the exchange by hand against the patched service, or mend the probe before the day on which the quarantine ends.
SELECT 'role ' || r.role || ': ' || q.exchange AS subject,
       printf('%s is quarantined until %s (%s): %d of %d answers after the patch are missing, %d late, %d wrong; before it, %d of %d failed.',
              q.exchange, q.until, q.reason,
              SUM(CASE WHEN p.phase <> 'control' THEN p.sent - p.answered - p.late ELSE 0 END),
              SUM(CASE WHEN p.phase <> 'control' THEN p.sent ELSE 0 END),
              SUM(CASE WHEN p.phase <> 'control' THEN p.late ELSE 0 END),
              SUM(CASE WHEN p.phase <> 'control' THEN p.wrong ELSE 0 END),
              SUM(CASE WHEN p.phase = 'control' THEN p.sent - p.answered + p.wrong ELSE 0 END),
              SUM(CASE WHEN p.phase = 'control' THEN p.sent ELSE 0 END)) AS message,
       json_object('exchange', q.exchange, 'until', q.until, 'reason', q.reason, 'owner', q.owner) AS evidence
FROM lab_quarantine q
JOIN lab_run r ON r.run_id = q.run_id
JOIN lab_probe p ON p.run_id = q.run_id AND p.exchange = q.exchange
GROUP BY q.run_id, q.exchange
HAVING SUM(p.sent - p.answered + p.wrong) > 0
ORDER BY r.role, q.exchange;
