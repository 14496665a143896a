-- Two runs of two modules on one machine, each with its own processes: nothing was started twice.
INSERT INTO lab_run VALUES (2, 'dhcp', 'other.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step SELECT 2, ordinal, phase, step, outcome, text FROM lab_step WHERE run_id = 1;
INSERT INTO lab_probe SELECT 2, phase, step, exchange, sent, answered, late, wrong, first_wrong, deadline_ms, median_ms, worst_ms FROM lab_probe WHERE run_id = 1;
INSERT INTO lab_witness SELECT 2, phase, seen, text FROM lab_witness WHERE run_id = 1;
INSERT INTO lab_process SELECT 2, ordinal, phase, step, state, service_state, pid + 1000, start_time, exit_code FROM lab_process WHERE run_id = 1;
INSERT INTO lab_slope SELECT 2, phase, counter, samples, transactions, per_transaction, low, high, confidence FROM lab_slope WHERE run_id = 1;
INSERT INTO lab_growth SELECT 2, counter, per_transaction, low, high, confidence FROM lab_growth WHERE run_id = 1;
