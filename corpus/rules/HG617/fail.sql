-- The exchange is called "renew".
-- expect: role dhcp: renewal
-- says: renewal is quarantined until 2026-12-10, but was never asked
INSERT INTO lab_quarantine VALUES (1, 'renewal', '2026-12-10', 'the probe is flaky', 'network team');
