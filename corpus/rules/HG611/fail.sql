-- The hotpatch fixes the defect, the update's own image does not; and in another run that image does not start.
-- expect: dhcpsrv.exe
-- says: step witness failed: expected fixed, saw vulnerable
UPDATE lab_step SET outcome = 'failed', text = 'expected fixed, saw vulnerable' WHERE phase = 'restarted' AND step = 'witness';
UPDATE lab_witness SET seen = 'vulnerable' WHERE phase = 'restarted';
-- expect: other.exe
-- says: step restart failed: the service ended with 1066; its process exited with code 0x0000042a
INSERT INTO lab_run VALUES (2, 'dhcp', 'other.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 2, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1 AND ordinal < 15;
INSERT INTO lab_step VALUES (2, 15, 'restarted', 'restart', 'failed', 'the service ended with 1066');
INSERT INTO lab_process VALUES (2, 1, 'restarted', 'restart', 'exited', 'stopped', 500, 1700000100, 1066);
INSERT INTO lab_growth SELECT 2, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
-- Its exit code is not known.
-- expect: third.exe
-- says: step smoke failed: renew: 4 of 4 unanswered; its process exited (exit code not known).
INSERT INTO lab_run VALUES (3, 'dhcp', 'third.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 3, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1 AND ordinal < 16;
INSERT INTO lab_step VALUES (3, 16, 'restarted', 'smoke', 'failed', 'renew: 4 of 4 unanswered');
INSERT INTO lab_process VALUES (3, 1, 'restarted', 'restart', 'exited', 'stopped', 500, 1700000100, NULL);
INSERT INTO lab_growth SELECT 3, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
