-- Renewals are lost in quarantine: no finding of HG601, but this note.
-- expect: role dhcp: renew
-- says: renew is quarantined until 2026-12-10 (the probe is flaky): 12 of
-- says: 0 late, 0 wrong; before it, 0 of
INSERT INTO lab_quarantine VALUES (1, 'renew', '2026-12-10', 'the probe is flaky', 'network team');
UPDATE lab_probe SET answered = answered - 12 WHERE phase = 'patched' AND step = 'soak' AND exchange = 'renew';
