-- A worker that waits in kernel32, called by ParseOptions, which is redirected; it is there after the soak, too.
-- expect: dhcpsrv.exe!ParseOptions
-- says: 1 thread of the idle service is inside ParseOptions before the patch, and 1 still after the soak with it.
INSERT INTO lab_frame SELECT 1, phase, 9, depth, module, rva FROM (SELECT 'control' AS phase UNION SELECT 'patched'),
  (SELECT 0 AS depth, 'kernel32.dll' AS module, 0x4420 AS rva UNION ALL SELECT 1, 'DHCPSRV.EXE', 0x1412 UNION ALL SELECT 2, 'dhcpsrv.exe', 0x1233);
