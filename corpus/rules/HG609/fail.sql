-- One handle kept for every second request, and a thread for every fiftieth.
-- expect: role dhcp: handles
-- says: The number of handles grows by 0.500 per transaction
-- says: 180,000 an hour
-- expect: role dhcp: threads
UPDATE lab_growth SET per_transaction = 0.5, low = 0.49, high = 0.51 WHERE counter = 'handles';
UPDATE lab_growth SET per_transaction = 0.02, low = 0.018, high = 0.021 WHERE counter = 'threads';
