-- Redirected code starts the thread; what was registered before is so in the update.
INSERT INTO function VALUES (209, 2, 0x1c00, 0x040, 'Watch', 'Watch', 'pdb', 16, 3, 0, 1);
INSERT INTO function_pair VALUES (9, 'dhcpsrv.exe', NULL, 209, 'added', '', 0);
INSERT INTO registration VALUES (209, 'thread', 'CreateThread', 204, 0x1418),
  (107, 'callback', 'SetConsoleCtrlHandler', 101, 0x1018), (207, 'callback', 'SetConsoleCtrlHandler', 201, 0x1018);
