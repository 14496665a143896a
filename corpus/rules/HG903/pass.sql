-- More steps than are due.
INSERT INTO lab_step VALUES (1, 18, 'undone', 'soak', 'ok', '600 transactions');
