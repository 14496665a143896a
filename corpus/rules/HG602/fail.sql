-- As in June 2024: about 2 KB for every request.
-- expect: role dhcp: memory
-- says: grow by 2,051 bytes per transaction more than in the unpatched control run
-- says: 95.0 % interval 2,012 to 2,090
-- says: 17.7 GB a day
UPDATE lab_sample SET private_bytes = private_bytes + transactions * 2051 WHERE phase = 'patched';
UPDATE lab_slope SET per_transaction = 2051.4, low = 2011.0, high = 2093.0 WHERE counter = 'private-bytes' AND phase = 'patched';
UPDATE lab_growth SET per_transaction = 2051.0, low = 2012.0, high = 2090.0 WHERE counter = 'private-bytes';
UPDATE lab_step SET outcome = 'failed', text = 'memory grows' WHERE phase = 'patched' AND step = 'soak';
DELETE FROM lab_step WHERE ordinal > 10;
