-- The process ends in the soak, and the service manager leaves it so.
-- expect: role dhcp: process
-- says: PID 432) exited with code 0xc0000005 in step soak, phase patched
-- says: did not start it again within 5000 ms
UPDATE lab_process SET state = 'exited', service_state = 'stopped', exit_code = 0xc0000005 WHERE ordinal = 5;
DELETE FROM lab_process WHERE ordinal > 5;
UPDATE lab_probe SET answered = 280 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
INSERT INTO lab_recovery VALUES (1, 'patched', 'soak', 'exited', 'stopped', 1, 5000, NULL);
-- Renewals were lost when it died (which is no hang), and the look at the process behind the soak ended the run.
DELETE FROM lab_step WHERE ordinal > 10;
-- A reference server in a Linux guest: nobody knows its exit code, and 0 would be the code of an end in peace.
-- expect: role dns: process
-- says: PID 1) exited (exit code not known) in step soak
INSERT INTO lab_run VALUES (2, 'dns', 'other.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 2, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1;
INSERT INTO lab_process VALUES (2, 1, 'control', 'health', 'running', 'running', 1, 77, NULL), (2, 2, 'patched', 'soak', 'exited', 'stopped', 1, 0, NULL);
INSERT INTO lab_growth SELECT 2, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
