-- A pool that took four threads more under load; and memory is HG602's.
UPDATE lab_growth SET per_transaction = 0.008, low = 0.006, high = 0.01 WHERE counter = 'threads';
UPDATE lab_growth SET per_transaction = 0.8, low = 0.7, high = 5.5 WHERE counter = 'private-bytes';
