-- id: HG617
-- title: Quarantine names an exchange that nobody asked
-- severity: note
-- confidence: high
-- needs: lab
-- mechanism: An entry of the quarantine list keeps no failure from being judged: the run never asked this exchange. The name is
--   misspelled, the exchange was renamed or taken out of the role, or the run ended before it.
-- action: Compare the name with those in the report's table of requests, and correct or remove the entry.
SELECT 'role ' || r.role || ': ' || q.exchange AS subject,
       printf('%s is quarantined until %s, but was never asked in this run.', q.exchange, q.until) AS message,
       json_object('exchange', q.exchange, 'until', q.until, 'owner', q.owner) AS evidence
FROM lab_quarantine q
JOIN lab_run r ON r.run_id = q.run_id
WHERE NOT EXISTS (SELECT 1 FROM lab_probe p WHERE p.run_id = q.run_id AND p.exchange = q.exchange)
ORDER BY r.role, q.exchange;
