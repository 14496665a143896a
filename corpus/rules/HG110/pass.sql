-- The same, and each step of the one was matched with one of the other. And a body that no redirected code reaches.
UPDATE hotpatch_pair SET status = 'changed' WHERE hotpatch = 305;
INSERT INTO hotpatch_pair VALUES ('dhcpsrv.exe', NULL, 308, 'added');
INSERT INTO slot_proof VALUES (305, 1, ''), (308, 0, 'a body does not decode');
