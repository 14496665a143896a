-- expect: role dhcp: request-ack
-- says: 1 of 2 request-ack answers are wrong
-- says: lease time 3600 expected, got 0
UPDATE lab_probe SET wrong = 1, first_wrong = 'lease time 3600 expected, got 0' WHERE phase = 'patched' AND exchange = 'request-ack';
UPDATE lab_step SET outcome = 'failed', text = 'a wrong answer' WHERE phase = 'patched' AND step = 'smoke';
DELETE FROM lab_step WHERE ordinal > 8;
