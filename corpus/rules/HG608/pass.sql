-- One slow answer in a long soak is the host's.
UPDATE lab_probe SET answered = 299, late = 1, worst_ms = 2600 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
