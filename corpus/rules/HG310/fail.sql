-- expect: dhcpsrv.exe!ProcessRenew
-- says: ProcessRenew: 2 EnterCriticalSection, 1 Sleep in the update, 1 EnterCriticalSection, 0 Sleep in the base.
INSERT INTO contract_change VALUES (105, 205, 'wait', '0 Sleep', '1 Sleep', 1),
                                   (105, 205, 'lock call', '1 EnterCriticalSection', '2 EnterCriticalSection', 1);
