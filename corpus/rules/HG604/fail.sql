-- expect: dhcpsrv.exe
-- says: 1 of 2 places in the memory of the process are not as the patch leaves them; first: ProcessRenew
-- says: should hold ebf9 and holds 4053
UPDATE lab_bytes SET found = '4053' WHERE after = 'apply' AND function = 'ProcessRenew';
UPDATE lab_step SET outcome = 'failed', text = '1 of 2 places as predicted' WHERE ordinal = 7;
DELETE FROM lab_step WHERE ordinal > 7;
