-- Both ways round: ProcessRenew takes the lock that its old caller holds; ParseOptions counts on a lock that only new callers take.
-- expect: dhcpsrv.exe!ParseOptions
-- expect: dhcpsrv.exe!ProcessRenew
-- says: it takes a lock now, and its old caller holds one at the call. Old caller: HandleMessage
-- says: its old caller holds none. Old caller: HandleMessage
INSERT INTO contract_change VALUES (105, 205, 'locks taken', '0', '1', 1), (104, 204, 'locks taken', '1', '0', 0);
INSERT INTO border_call VALUES (103, 105, 0x1240, 1, 1), (203, 205, 0x1240, 0, 0), (103, 104, 0x1220, 0, 0), (203, 204, 0x1220, 1, 1);
