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
