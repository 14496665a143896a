-- A function of the hotpatch image that no redirected code reaches may be anything: it never runs.
INSERT INTO hotpatch_pair VALUES ('dhcpsrv.exe', NULL, 308, 'added');
