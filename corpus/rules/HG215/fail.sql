-- expect: dhcpsrv.exe!ParseOptions::table
-- expect: dhcpsrv.exe!ProcessRenew::limit
-- says: The initialiser of the static ParseOptions::table (in ParseOptions) has run where ParseOptions has: its own code differs
-- says: AppendOption, which only initialisers call, differs
INSERT INTO local_static VALUES (1, 'dhcpsrv.exe', 'ParseOptions::table', 'changed', 'thread-safe', 104, 204, 0x6200, 0x6208, 0x1430, 0x1450),
  (2, 'dhcpsrv.exe', 'ProcessRenew::limit', 'identical', 'thread-safe', 105, 205, 0x6210, 0x6218, 0x1610, 0x1630);
DELETE FROM call WHERE caller = 104;
INSERT INTO call VALUES (105, 106, 0x1620);
INSERT INTO local_static_call VALUES (2, 106);
