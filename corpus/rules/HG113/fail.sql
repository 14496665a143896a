-- expect: dhcpsrv.exe!ProcessRenew
-- says: "none" in the base and "C scope table" in the update
INSERT INTO contract_change VALUES (105, 205, 'exception handler', 'none', 'C scope table', 0);
