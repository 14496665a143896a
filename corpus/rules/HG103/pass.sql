-- Changed, not redirected, and still fine: AppendOption is called by redirected functions only, also in a loop with itself;
-- ServerLoop changed in line numbers only.
INSERT INTO call VALUES (106, 106, 0x1810), (105, 106, 0x1650), (205, 206, 0x1670);
UPDATE function_pair SET status = 'changed', line_only = 1 WHERE pair_id = 2;
