-- Only a once-callback.
-- expect: dhcpsrv.exe!ProcessRenew
-- says: ProcessRenew changed, but runs at start only (InitOnceExecuteOnce): ProcessRenew
DELETE FROM call WHERE callee = 105;
INSERT INTO registration VALUES (105, 'once', 'InitOnceExecuteOnce', 103, 0x1240);
