-- expect: dhcpsrv.exe!ProcessRenew
-- says: 1 parts beside its body in the base and 2 in the update
INSERT INTO contract_change VALUES (105, 205, 'cold parts', '1', '2', 0);
