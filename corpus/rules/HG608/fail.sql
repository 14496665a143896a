-- expect: role dhcp: renew
-- says: 12 of 308 renew answers came after the deadline of 2000 ms (worst 2600 ms)
UPDATE lab_probe SET answered = 288, late = 12, worst_ms = 2600 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
