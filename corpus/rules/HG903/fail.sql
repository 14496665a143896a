-- expect: role dhcp: run
-- says: step soak (patched) was not reached
-- says: step smoke (undone) was not reached
DELETE FROM lab_step WHERE (phase = 'patched' AND step = 'soak') OR ordinal = 13;
