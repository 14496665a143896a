-- Changed, not redirected, and still fine: AppendOption is called by redirected functions only, also in a loop with
-- itself; WriteAudit changed in line numbers only; main changed in the hotpatch image's own way, but is redirected.
INSERT INTO call VALUES (106, 106, 0x1810), (105, 106, 0x1650), (205, 206, 0x1670);
UPDATE function_pair SET status = 'changed', line_only = 1 WHERE pair_id = 7;
UPDATE function_pair SET status = 'changed' WHERE pair_id = 1;
INSERT INTO function VALUES (301, 3, 0x1000, 0x090, 'main', 'main', 'pdb', 16, 4, 0, 1);
INSERT INTO hotpatch_record VALUES (3, 3, 'function', 0, 0x1000, 0x1000, 101, 301);
