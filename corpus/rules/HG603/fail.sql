-- The service manager started a new process, which answers: only the PID tells.
-- expect: role dhcp: process
-- says: PID 432 became 977 in step soak, phase patched
UPDATE lab_process SET pid = 977, start_time = 1700000300 WHERE ordinal >= 5;
UPDATE lab_probe SET answered = 280 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
-- Renewals were lost while it started (which is no hang), and the look at the process behind the soak ended the run.
DELETE FROM lab_step WHERE ordinal > 10;
