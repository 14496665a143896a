-- The service manager started a new process, which answers: only the PID tells. And in another run the update's own
-- process, after the restart, is the one that ended.
-- expect: role dhcp: process
-- expect: role dhcp: process
-- says: (PID 432) was gone in step soak, phase patched, and PID 977 came in its place by itself; it answers
-- says: (PID 2600) was gone in step smoke, phase restarted, and PID 2977 came in its place by itself; it does not answer as it should: it was not asked
INSERT INTO lab_run VALUES (2, 'dhcp', 'other.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 2, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1;
INSERT INTO lab_probe SELECT 2, phase, step, exchange, sent, answered, late, wrong, first_wrong, deadline_ms, median_ms, worst_ms FROM lab_probe WHERE run_id = 1;
INSERT INTO lab_witness SELECT 2, phase, seen, text FROM lab_witness WHERE run_id = 1;
INSERT INTO lab_process SELECT 2, ordinal, phase, step, state, service_state, pid + 1000, start_time, exit_code FROM lab_process WHERE run_id = 1;
INSERT INTO lab_slope SELECT 2, phase, counter, samples, transactions, per_transaction, low, high, confidence FROM lab_slope WHERE run_id = 1;
INSERT INTO lab_growth SELECT 2, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
UPDATE lab_process SET pid = 2600, start_time = 1700000400 WHERE run_id = 2 AND phase = 'restarted';
INSERT INTO lab_recovery VALUES (2, 'restarted', 'smoke', 'running', 'running', 1, 5000, NULL);
INSERT INTO lab_restart VALUES (2, 1, 2977, 1700000500);
UPDATE lab_process SET pid = 977, start_time = 1700000300 WHERE run_id = 1 AND ordinal = 5;
DELETE FROM lab_process WHERE run_id = 1 AND ordinal > 5;
UPDATE lab_probe SET answered = 280 WHERE run_id = 1 AND phase = 'patched' AND step = 'soak' AND exchange = 'renew';
INSERT INTO lab_recovery VALUES (1, 'patched', 'soak', 'running', 'running', 1, 5000, '');
INSERT INTO lab_restart VALUES (1, 1, 977, 1700000300);
-- Renewals were lost while it started (which is no hang), and the look at the process behind the soak ended the run.
DELETE FROM lab_step WHERE run_id = 1 AND ordinal > 10;
