-- expect: dhcpsrv.exe
-- says: 1 places differ from the base, first ParseOptions (RVA 0x1400): should hold 4889 and holds ebf9
-- says: the witness test sees 'fixed' where the base is vulnerable
UPDATE lab_bytes SET found = 'ebf9' WHERE after = 'undo' AND function = 'ParseOptions';
UPDATE lab_witness SET seen = 'fixed', text = 'the request is dropped' WHERE phase = 'undone';
UPDATE lab_step SET outcome = 'failed', text = 'fixed' WHERE phase = 'undone' AND step = 'witness';
DELETE FROM lab_step WHERE ordinal > 13;
