-- expect: dhcpsrv.exe!ProcessRenew
-- says: ProcessRenew, parts beside its body: 1 in the base; 2 in the update
INSERT INTO contract_change VALUES (105, 205, 'cold parts', '1', '2', 0);
