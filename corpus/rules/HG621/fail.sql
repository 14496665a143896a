-- Offers queue up with the patch, and the backup of the database fails, which it did not before.
-- expect: dhcpsrv.exe
-- says: event 1016 (1 times: the backup of the database failed), event 1338 (12 times
INSERT INTO lab_event VALUES (1, 'control', 1044, 'ready', 'the server is authorised to start', 4, 1),
  (1, 'patched', 1338, 'slow', 'more than 1000 offers wait in the queue', 3, 12), (1, 'patched', 1016, 'other', 'the backup of the database failed', 2, 1);
