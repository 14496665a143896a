INSERT INTO contract_change VALUES (106, 206, 'cold parts', '1', '2', 0);
