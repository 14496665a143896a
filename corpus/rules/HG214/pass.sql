-- One that was there before, and a new one of a function that the patch does not bring to life.
INSERT INTO local_static VALUES (1, 'dhcpsrv.exe', 'ParseOptions::table', 'identical', 'thread-safe', 104, 204, 0x6200, 0x6208, 0x1410, 0x1430),
  (2, 'dhcpsrv.exe', 'main::arguments', 'added', 'bit', NULL, 201, NULL, 0x6210, NULL, NULL);
