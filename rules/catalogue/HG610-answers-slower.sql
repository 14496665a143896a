-- id: HG610
-- title: Answers take longer than before the patch
-- severity: review
-- confidence: medium
-- needs: lab
-- mechanism: Nearly every answer of the patched service takes longer than those of the unpatched one under the same load, by a factor, though
--   still within the deadline: a new wait, a lock that is held for longer, or work that was done once and is now done for each request. A
--   busy server has no such room.
-- action: Look at the changed functions for waits, locks and loops. If the host was busy during the second soak, run the lab again on an idle one.
SELECT 'role ' || r.role || ': ' || l.exchange AS subject,
       printf('%s answers take %.1f ms, and %.1f ms in the unpatched control run (medians of %d and %d; %.0f %% of all pairs are slower).',
              l.exchange, l.patched_median_ms, l.control_median_ms, l.patched_answers, l.control_answers, l.slower * 100) AS message,
       json_object('exchange', l.exchange, 'control_median_ms', l.control_median_ms, 'patched_median_ms', l.patched_median_ms,
                   'slower', l.slower, 'p_value', l.p_value) AS evidence
FROM lab_latency l
JOIN lab_run r ON r.run_id = l.run_id
-- Three times and 95 of 100 pairs: the two soaks follow one another, and the host's other load changes meanwhile (docs/lab-statistics.md).
WHERE l.p_value < 0.001 AND l.slower >= 0.95 AND l.patched_median_ms >= 3 * l.control_median_ms
  AND NOT EXISTS (SELECT 1 FROM lab_quarantine q WHERE q.run_id = l.run_id AND q.exchange = l.exchange)
ORDER BY r.role, l.exchange;
