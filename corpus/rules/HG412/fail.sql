-- expect: dhcpsrv.exe
-- says: 600 functions are redirected, and a pair of address table pages holds 512. MinSequenceNumber 9 is higher than the image's own sequence number 7.
INSERT INTO hotpatch_oddity VALUES
  (3, 0, NULL, 'address-table-pairs', '', '600 functions are redirected, and a pair of address table pages holds 512'),
  (3, 1, NULL, 'min-sequence', '', 'MinSequenceNumber 9 is higher than the image''s own sequence number 7');
