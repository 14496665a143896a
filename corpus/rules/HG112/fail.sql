-- ProcessRenew gets a second parameter, and HandleMessage, which stays old, calls it with one.
-- expect: dhcpsrv.exe!ProcessRenew
-- says: "int (Lease *)" in the base and "int (Lease *, int)" in the update, and old code calls it: HandleMessage
INSERT INTO contract_change VALUES (105, 205, 'prototype', 'int (Lease *)', 'int (Lease *, int)', 0);
