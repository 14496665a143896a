-- In quarantine, and answered every time.
INSERT INTO lab_quarantine VALUES (1, 'renew', '2026-12-10', 'the probe is flaky', 'network team');
