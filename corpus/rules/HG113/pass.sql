-- A function of which the old one is never entered from old code.
INSERT INTO contract_change VALUES (106, 206, 'exception handler', 'none', 'C scope table', 0);
