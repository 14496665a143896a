-- A wait of 15 ms on the renewal path.
-- expect: role dhcp: renew
-- says: renew answers take 18.4 ms, and 3.5 ms in the unpatched control run
UPDATE lab_latency SET patched_median_ms = 18.4, slower = 0.998, p_value = 1e-60 WHERE exchange = 'renew';
