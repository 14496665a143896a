-- A leak that the update mends: the old caller frees memory, and no handles.
INSERT INTO contract_change VALUES (105, 205, 'handle balance', '0, +1', '0', 0);
INSERT INTO resource_balance VALUES (103, 'memory', 0, 1, '0'), (103, 'handle', 1, 0, '0, +1');
