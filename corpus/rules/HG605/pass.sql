-- The same answer is wrong without the patch: the probe and the guest's configuration disagree.
UPDATE lab_probe SET wrong = 1, first_wrong = 'lease time 3600 expected, got 0' WHERE exchange = 'request-ack';
