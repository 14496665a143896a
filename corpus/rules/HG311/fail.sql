-- expect: dhcpsrv.exe!ProcessRenew
-- says: "WaitForSingleObject: 1000 ms" in the base and "WaitForSingleObject: infinite" in the update
INSERT INTO contract_change VALUES (105, 205, 'timeout', 'WaitForSingleObject: 1000 ms', 'WaitForSingleObject: infinite', 0);
