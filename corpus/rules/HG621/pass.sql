-- The control had the same trouble, and information is none.
INSERT INTO lab_event VALUES (1, 'control', 1338, 'slow', 'more than 1000 offers wait in the queue', 3, 2),
  (1, 'patched', 1338, 'slow', 'more than 1000 offers wait in the queue', 3, 3), (1, 'patched', 1011, 'other', 'a request was refused (NACK)', 4, 40);
