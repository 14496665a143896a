-- Each new process ends at the first request. And in another run the one restart did not last.
-- expect: role dhcp: process
-- says: gone in step smoke, phase patched, the service was started 3 times while the lab watched, and runs again at the end
-- says: was started once while the lab watched, and its last process ended as well
UPDATE lab_process SET state = 'exited', service_state = 'stopped', exit_code = 0xc0000005 WHERE ordinal = 4;
DELETE FROM lab_process WHERE ordinal > 4;
DELETE FROM lab_probe WHERE phase = 'undone' OR phase = 'restarted' OR (phase = 'patched' AND step <> 'smoke');
DELETE FROM lab_witness WHERE phase <> 'control';
INSERT INTO lab_recovery VALUES (1, 'patched', 'smoke', 'running', 'running', 1, 5000, 'discover-offer: 1 of 1 unanswered within the deadline');
INSERT INTO lab_restart VALUES (1, 1, 977, 1700000300), (1, 2, 981, 1700000310), (1, 3, 990, 1700000320);
DELETE FROM lab_step WHERE ordinal > 8;
UPDATE lab_step SET outcome = 'failed', text = 'inform: 1 of 1 unanswered within the deadline' WHERE ordinal = 8;
UPDATE lab_probe SET answered = sent - 1 WHERE phase = 'patched' AND step = 'smoke' AND exchange = 'renew';
-- expect: role dhcp: process
INSERT INTO lab_run VALUES (2, 'dhcp', 'other.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 2, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1;
INSERT INTO lab_probe SELECT 2, phase, step, exchange, sent, answered, late, wrong, first_wrong, deadline_ms, median_ms, worst_ms FROM lab_probe WHERE run_id = 1;
INSERT INTO lab_process SELECT 2, ordinal, phase, step, state, service_state, pid, start_time, exit_code FROM lab_process WHERE run_id = 1;
INSERT INTO lab_growth SELECT 2, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
INSERT INTO lab_recovery VALUES (2, 'patched', 'smoke', 'exited', 'stopped', 1, 5000, NULL);
INSERT INTO lab_restart VALUES (2, 1, 977, 1700000300);
