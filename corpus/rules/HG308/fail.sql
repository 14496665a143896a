-- A return between allocation and free; and ProcessRenew does not allocate any more what its old caller frees.
-- expect: dhcpsrv.exe!AppendOption
-- expect: dhcpsrv.exe!ProcessRenew
-- says: AppendOption, memory: taken minus given back is 0 on the ways through it in the base and 0, +1 in the update.
-- says: The old HandleMessage gives back what it gets.
INSERT INTO contract_change VALUES (106, 206, 'memory balance', '0', '0, +1', 1), (105, 205, 'handle balance', '0, +1', '0', 0);
INSERT INTO resource_balance VALUES (103, 'handle', 0, 1, '0');
