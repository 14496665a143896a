-- The lab loses packets without the patch as well; and the witness request is dropped by design.
UPDATE lab_probe SET answered = 299 WHERE step = 'soak' AND exchange = 'renew';
