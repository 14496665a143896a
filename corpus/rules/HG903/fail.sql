-- Four runs. All but the first begin as copies of the first one's clean facts.
-- expect: role dhcp: run
-- expect: role dhcp: run
-- expect: role dhcp: run
-- expect: role dhcp: run
INSERT INTO lab_run SELECT run_id + n, role, module, provider, accelerator, outcome FROM lab_run, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3);
INSERT INTO lab_step SELECT run_id + n, ordinal, phase, step, outcome, text FROM lab_step, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3);
INSERT INTO lab_probe SELECT run_id + n, phase, step, exchange, sent, answered, late, wrong, first_wrong, deadline_ms, median_ms, worst_ms
  FROM lab_probe, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3);

-- Steps left out, witnesses without an answer, memory too noisy.
-- says: step soak (control) was not reached
-- says: step smoke (undone) was not reached
DELETE FROM lab_step WHERE run_id = 1 AND ((phase = 'control' AND step = 'soak') OR ordinal = 14);
-- says: the witness test saw 'no-answer' (patched)
-- says: the witness test saw 'no-answer' (undone)
-- says: the witness test saw 'no-answer' (restarted)
UPDATE lab_witness SET seen = 'no-answer', text = 'no answer within 2000 ms' WHERE phase <> 'control';
-- says: the soak cannot exclude growth of 2,400 bytes per transaction
UPDATE lab_growth SET per_transaction = 900.0, low = -700.0, high = 2400.0 WHERE counter = 'private-bytes';

-- Two late answers in the soak (too few for a finding of their own) do not excuse that the growth was not measured.
-- says: In the lab run, the growth of memory could not be measured
UPDATE lab_probe SET answered = 298, late = 2 WHERE run_id = 2 AND phase = 'patched' AND step = 'soak' AND exchange = 'renew';
UPDATE lab_step SET outcome = 'failed', text = 'renew: 2 of 300 unanswered within the deadline' WHERE run_id = 2 AND ordinal = 10;

-- The lab, not the patch: no other rule speaks of it.
-- says: In the lab run, step apply (patched) failed: no answer from the agent
UPDATE lab_step SET outcome = 'lab-fault', text = 'no answer from the agent' WHERE run_id = 3 AND ordinal = 6;
DELETE FROM lab_step WHERE run_id = 3 AND ordinal > 6;
DELETE FROM lab_probe WHERE run_id = 3 AND phase <> 'control';

-- More than the noise, but it may be three segments of the heap.
-- says: In the lab run, the soak cannot exclude growth of 700 bytes per transaction
INSERT INTO lab_slope SELECT 4, phase, counter, samples, transactions, per_transaction, low, high, confidence FROM lab_slope WHERE run_id = 1;
INSERT INTO lab_growth VALUES (4, 'private-bytes', 409.0, 300.0, 700.0, 0.95);
