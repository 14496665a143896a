-- expect: role dhcp: witness
-- says: the reply carries 8 bytes from behind the option
UPDATE lab_witness SET seen = 'vulnerable', text = 'the reply carries 8 bytes from behind the option' WHERE phase = 'patched';
UPDATE lab_step SET outcome = 'failed', text = 'still vulnerable' WHERE ordinal = 9;
DELETE FROM lab_step WHERE ordinal > 9;
