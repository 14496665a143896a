-- As in February 2024: renewals are dropped, the service manager says "running".
-- expect: role dhcp
-- says: 264 of 304 requests got no answer after the patch, while the service is running and its PID 432 is unchanged
-- says: renew 264 of 304
-- says: The control run answered all 304
UPDATE lab_probe SET answered = 36 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
DELETE FROM lab_probe WHERE phase = 'undone' AND step = 'smoke';
UPDATE lab_step SET outcome = 'failed', text = '264 of 304 renew requests unanswered' WHERE phase = 'patched' AND step = 'soak';
DELETE FROM lab_step WHERE ordinal > 10;
-- In another run the process was never looked at: nothing is said of its PID.
-- expect: role dns
-- says: while the service is not known to be stopped: renew 264 of 304
INSERT INTO lab_run VALUES (2, 'dns', 'other.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 2, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1;
INSERT INTO lab_probe SELECT 2, phase, step, exchange, sent, answered, late, wrong, first_wrong, deadline_ms, median_ms, worst_ms FROM lab_probe WHERE run_id = 1;
INSERT INTO lab_growth SELECT 2, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
