-- It takes a lock less often.
INSERT INTO contract_change VALUES (105, 205, 'locks taken', '1', '0', 0);
