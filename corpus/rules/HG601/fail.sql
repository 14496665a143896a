-- As in February 2024: renewals are dropped, the service manager says "running".
-- expect: role dhcp
-- says: 264 of 304 requests got no answer after the patch, while the service is running and its PID 432 is unchanged
-- says: renew 264 of 304
-- says: The control run answered all 304
UPDATE lab_probe SET answered = 36 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
DELETE FROM lab_probe WHERE phase = 'undone' AND step = 'smoke';
UPDATE lab_step SET outcome = 'failed', text = '264 of 304 renew requests unanswered' WHERE phase = 'patched' AND step = 'soak';
DELETE FROM lab_step WHERE ordinal > 10;
