-- The service manager started a new process, which answers: only the PID tells.
-- expect: role dhcp: process
-- says: (PID 432) was gone in step soak, phase patched, and PID 977 came in its place by itself; it answers
UPDATE lab_process SET pid = 977, start_time = 1700000300 WHERE ordinal = 5;
DELETE FROM lab_process WHERE ordinal > 5;
UPDATE lab_probe SET answered = 280 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
INSERT INTO lab_recovery VALUES (1, 'patched', 'soak', 'running', 'running', 1, 5000, '');
INSERT INTO lab_restart VALUES (1, 1, 977, 1700000300);
-- Renewals were lost while it started (which is no hang), and the look at the process behind the soak ended the run.
DELETE FROM lab_step WHERE ordinal > 10;
