-- id: HG609
-- title: Handles or threads grow with the transactions
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The patched service opens a handle or starts a thread for its requests and does not give it back, and the unpatched one under
--   the same load does not. A process has some million handles and some thousand threads: on a busy server they are used up within hours.
-- action: Look for an open or create call on the changed paths that has no close on one of the ways out: the changed functions are listed
--   in the report.
SELECT 'role ' || r.role || ': ' || g.counter AS subject,
       printf('The number of %s grows by %.3f per transaction more than in the unpatched control run (%.1f %% interval %.3f to %.3f): at 100 requests a second, %,d an hour.',
              g.counter, g.per_transaction, g.confidence * 100, g.low, g.high, CAST(round(g.per_transaction * 360000) AS INTEGER)) AS message,
       json_object('counter', g.counter, 'per_transaction', g.per_transaction, 'low', g.low, 'high', g.high, 'confidence', g.confidence,
                   'transactions', p.transactions, 'samples', p.samples) AS evidence
FROM lab_growth g
JOIN lab_run r ON r.run_id = g.run_id
JOIN lab_slope p ON p.run_id = g.run_id AND p.counter = g.counter AND p.phase = 'patched'
-- 8 in all: pools of threads and caches of handles grow by a few when load begins.
WHERE g.counter IN ('handles', 'threads') AND g.low * p.transactions >= 8
ORDER BY r.role, g.counter;
