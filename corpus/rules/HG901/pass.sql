-- Whatever is in the ledger has a cause.
INSERT INTO ledger VALUES ('dhcpsrv.exe', 'resource', 12, 12);
