-- expect: role dhcp: run
-- says: step soak (control) was not reached
-- says: step smoke (undone) was not reached
DELETE FROM lab_step WHERE (phase = 'control' AND step = 'soak') OR ordinal = 14;
-- says: the witness test saw 'no-answer' (patched)
UPDATE lab_witness SET seen = 'no-answer', text = 'no answer within 2000 ms' WHERE phase = 'patched';
-- says: the growth of memory could not be measured
DELETE FROM lab_growth;
