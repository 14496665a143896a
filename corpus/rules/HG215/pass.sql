-- The function that the initialiser calls changed, but it is called elsewhere too, where the new one counts.
INSERT INTO local_static VALUES (2, 'dhcpsrv.exe', 'ProcessRenew::limit', 'identical', 'thread-safe', 105, 205, 0x6210, 0x6218, 0x1610, 0x1630);
INSERT INTO call VALUES (105, 106, 0x1620);
INSERT INTO local_static_call VALUES (2, 106);
