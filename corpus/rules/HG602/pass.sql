-- A staircase: the heap took two segments during the soak. The interval is above zero, but 218 bytes over 600 transactions are less than
-- 128 KiB in all.
UPDATE lab_growth SET per_transaction = 409.0, low = 218.0, high = 700.0 WHERE counter = 'private-bytes';
