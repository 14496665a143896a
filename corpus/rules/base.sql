-- The facts of a KB that is in order, for the cases of the rules: a rule's fail.sql or pass.sql is run on top of them.
-- No rule finds anything here, so a fail case shows that its change, and nothing else, makes the finding.
--
-- One module, dhcpsrv.exe. Functions of the base (1xx), the update (2xx) and the hotpatch image (3xx):
--   main -> ServerLoop -> HandleMessage -> ParseOptions   redirected, changed (the fix)
--                                          ParseOptions -> AppendOption   changed, called by redirected code only
--                                          ProcessRenew -> WriteAudit     redirected, changed -> unchanged
INSERT INTO kb VALUES ('KB5099001', 'hotpatch', 'KB5066835');
INSERT INTO declared_function VALUES ('ParseOptions'), ('ProcessRenew');
INSERT INTO evidence VALUES
  ('private', 'dhcpsrv.exe', 1, ''), ('public', 'dhcpsrv.exe', 1, ''), ('hotpatch', 'dhcpsrv.exe', 1, ''), ('lab', '', 1, '');
INSERT INTO input VALUES
  ('pre/dhcpsrv.exe', '1111111111111111111111111111111111111111111111111111111111111111'),
  ('post/dhcpsrv.exe', '2222222222222222222222222222222222222222222222222222222222222222'),
  ('hotpatch/dhcpsrv.exe', '3333333333333333333333333333333333333333333333333333333333333333');

INSERT INTO image VALUES
  (1, 'dhcpsrv.exe', 'pre', 'pre/dhcpsrv.exe', 'x64', 0x65a00001, 0x0001abcd, 0x40000, 0x38000,
   '1111111111111111111111111111111111111111111111111111111111111111', 'private'),
  (2, 'dhcpsrv.exe', 'post', 'post/dhcpsrv.exe', 'x64', 0x65b00002, 0x0001abce, 0x40000, 0x38000,
   '2222222222222222222222222222222222222222222222222222222222222222', 'private'),
  (3, 'dhcpsrv.exe', 'hotpatch', 'hotpatch/dhcpsrv.exe', 'x64', 0x65b00003, 0x0001abcf, 0x41000, 0x39000,
   '3333333333333333333333333333333333333333333333333333333333333333', 'private');
INSERT INTO section VALUES
  (1, '.text', 0x1000, 0x8000, 0x400, 0x8000, 0x60000020), (2, '.text', 0x1000, 0x8000, 0x400, 0x8000, 0x60000020),
  (3, '.text', 0x1000, 0x8000, 0x400, 0x8000, 0x60000020);
INSERT INTO export VALUES (1, 'ServiceMain', 1, 0x1000, ''), (2, 'ServiceMain', 1, 0x1000, ''), (3, 'ServiceMain', 1, 0x1000, '');
INSERT INTO import VALUES
  (1, 'kernel32.dll', 'HeapAlloc', 0), (1, 'kernel32.dll', 'HeapFree', 0), (1, 'ws2_32.dll', 'sendto', 0),
  (2, 'kernel32.dll', 'HeapAlloc', 0), (2, 'kernel32.dll', 'HeapFree', 0), (2, 'ws2_32.dll', 'sendto', 0),
  (3, 'kernel32.dll', 'HeapAlloc', 0), (3, 'kernel32.dll', 'HeapFree', 0), (3, 'ws2_32.dll', 'sendto', 0);

--                            id  image rva    size   name             linkage          source pad first branches root
INSERT INTO function VALUES (101, 1, 0x1000, 0x080, 'main',          'main',          'pdb', 16, 4, 0, 1),
                            (102, 1, 0x1100, 0x0a0, 'ServerLoop',    'ServerLoop',    'pdb', 16, 5, 0, 0),
                            (103, 1, 0x1200, 0x100, 'HandleMessage', 'HandleMessage', 'pdb', 16, 3, 0, 0),
                            (104, 1, 0x1400, 0x140, 'ParseOptions',  'ParseOptions',  'pdb', 12, 5, 0, 0),
                            (105, 1, 0x1600, 0x120, 'ProcessRenew',  'ProcessRenew',  'pdb', 10, 2, 0, 0),
                            (106, 1, 0x1800, 0x060, 'AppendOption',  'AppendOption',  'pdb', 16, 3, 0, 0),
                            (107, 1, 0x1900, 0x090, 'WriteAudit',    'WriteAudit',    'pdb',  4, 3, 0, 0),
                            (201, 2, 0x1000, 0x080, 'main',          'main',          'pdb', 16, 4, 0, 1),
                            (202, 2, 0x1100, 0x0a0, 'ServerLoop',    'ServerLoop',    'pdb', 16, 5, 0, 0),
                            (203, 2, 0x1200, 0x100, 'HandleMessage', 'HandleMessage', 'pdb', 16, 3, 0, 0),
                            (204, 2, 0x1400, 0x150, 'ParseOptions',  'ParseOptions',  'pdb', 12, 5, 0, 0),
                            (205, 2, 0x1620, 0x130, 'ProcessRenew',  'ProcessRenew',  'pdb', 10, 2, 0, 0),
                            (206, 2, 0x1820, 0x064, 'AppendOption',  'AppendOption',  'pdb', 16, 3, 0, 0),
                            (207, 2, 0x1920, 0x090, 'WriteAudit',    'WriteAudit',    'pdb',  4, 3, 0, 0),
                            (304, 3, 0x1400, 0x158, 'ParseOptions',  'ParseOptions',  'pdb', 12, 5, 0, 0),
                            (305, 3, 0x1620, 0x138, 'ProcessRenew',  'ProcessRenew',  'pdb', 10, 2, 0, 0),
                            (306, 3, 0x1820, 0x064, 'AppendOption',  'AppendOption',  'pdb', 16, 3, 0, 0),
                            (307, 3, 0x1920, 0x098, 'WriteAudit',    'WriteAudit',    'pdb',  4, 3, 0, 0),
                            (308, 3, 0x1a00, 0x040, 'ResetCounters', 'ResetCounters', 'pdb', 16, 3, 0, 0);
INSERT INTO function_name SELECT function_id, name FROM function;
INSERT INTO call VALUES
  (101, 102, 0x1010), (102, 103, 0x1120), (103, 104, 0x1220), (103, 105, 0x1240), (104, 106, 0x1440), (105, 107, 0x1640),
  (201, 202, 0x1010), (202, 203, 0x1120), (203, 204, 0x1220), (203, 205, 0x1240), (204, 206, 0x1440), (205, 207, 0x1660),
  (304, 306, 0x1440), (305, 307, 0x1660);
-- Redirected code reaches variables of the base through a slot; a function that it does not call may do as it likes.
INSERT INTO data_access VALUES
  (105, 0x1610, 0x6010, 'g_leases', 1, 'mov rax, qword ptr [rip + 0x49f9]'),
  (205, 0x1630, 0x6010, 'g_leases', 1, 'mov rax, qword ptr [rip + 0x49d9]'),
  (305, 0x1630, 0x5008, '__ref_g_leases', 0, 'mov rax, qword ptr [rip + 0x39d1]'),
  (305, 0x1628, 0x6000, '__security_cookie', 1, 'mov rax, qword ptr [rip + 0x49d1]'),
  (308, 0x1a04, 0x6010, 'g_leases', 1, 'mov qword ptr [rip + 0x4605], 0');

INSERT INTO function_pair VALUES
  (1, 'dhcpsrv.exe', 101, 201, 'identical', 'name', 0), (2, 'dhcpsrv.exe', 102, 202, 'identical', 'name', 0),
  (3, 'dhcpsrv.exe', 103, 203, 'identical', 'name', 0), (4, 'dhcpsrv.exe', 104, 204, 'changed', 'name', 0),
  (5, 'dhcpsrv.exe', 105, 205, 'changed', 'name', 0), (6, 'dhcpsrv.exe', 106, 206, 'changed', 'name', 0),
  (7, 'dhcpsrv.exe', 107, 207, 'identical', 'name', 0);
INSERT INTO hotpatch_pair VALUES
  ('dhcpsrv.exe', 204, 304, 'identical'), ('dhcpsrv.exe', 205, 305, 'identical'), ('dhcpsrv.exe', 206, 306, 'identical'),
  ('dhcpsrv.exe', 207, 307, 'identical');
INSERT INTO change_reason VALUES (4, 'instruction'), (5, 'instruction'), (6, 'instruction');
INSERT INTO second_opinion VALUES (1, 'Capstone 4.0.2', 3, 180), (2, 'Capstone 4.0.2', 3, 190), (3, 'Capstone 4.0.2', 2, 140);
INSERT INTO listing VALUES
  (4, 0, 0x1410, 'movzx ecx, byte ptr [rdx]', 0x1410, 'movzx ecx, byte ptr [rdx]', 0),
  (4, 1, 0x1413, 'mov rax, rbx', 0x1413, 'cmp ecx, 0x40', 1),
  (4, 2, NULL, NULL, 0x1416, 'ja 0x1530', 1),
  (4, 3, 0x1416, 'call AppendOption', 0x1418, 'call AppendOption', 0),
  (5, 0, 0x1608, 'mov rdi, rcx', 0x1628, 'mov rdi, rcx', 0),
  (5, 1, 0x160b, 'mov eax, dword ptr [rcx + 0x18]', 0x162b, 'mov eax, dword ptr [rcx + 0x18]', 0),
  (5, 2, 0x160e, 'test eax, eax', 0x162e, 'cmp eax, 0x15180', 1),
  (5, 3, 0x1610, 'je 0x16f0', 0x1633, 'ja 0x1718', 1),
  (5, 4, 0x1616, 'call WriteAudit', 0x1639, 'call WriteAudit', 0),
  (6, 0, 0x1804, 'add r8, rdx', 0x1824, 'add r8, rdx', 0),
  (6, 1, NULL, NULL, 0x1827, 'cmp r8, r9', 1);

INSERT INTO hotpatch VALUES (3, 3, 36, 7, 0, 0);
INSERT INTO hotpatch_base VALUES (3, 0, 7, 0x12, 0x65a00001, 0x0001abcd);
INSERT INTO hotpatch_record VALUES
  (3, 0, 'function', 0, 0x1400, 0x1400, 104, 304), (3, 1, 'function', 0, 0x1600, 0x1620, 105, 305),
  (3, 2, 'absolute', 1, 0x5008, 0x6010, NULL, NULL);

INSERT INTO ledger VALUES
  ('dhcpsrv.exe', 'same', 200000, 200000), ('dhcpsrv.exe', 'function body', 704, 740), ('dhcpsrv.exe', 'moved', 28000, 28000),
  ('dhcpsrv.exe', 'displacement only', 212, 212), ('dhcpsrv.exe', 'build stamp', 60, 60), ('dhcpsrv.exe', 'checksum', 4, 4);

INSERT INTO lab_run VALUES (1, 'dhcp', 'dhcpsrv.exe', 'qemu', 'tcg', 'completed');
INSERT INTO lab_step VALUES
  (1, 1, 'control', 'restore', 'ok', 'snapshot restored'), (1, 2, 'control', 'health', 'ok', 'one lease from outside'),
  (1, 3, 'control', 'smoke', 'ok', '9 exchanges'), (1, 4, 'control', 'witness', 'ok', 'vulnerable, as it must be'),
  (1, 5, 'control', 'soak', 'ok', '600 transactions'), (1, 6, 'patched', 'apply', 'ok', '2 functions redirected'),
  (1, 7, 'patched', 'verify', 'ok', '2 of 2 places as predicted'), (1, 8, 'patched', 'smoke', 'ok', '9 exchanges'),
  (1, 9, 'patched', 'witness', 'ok', 'fixed'), (1, 10, 'patched', 'soak', 'ok', '600 transactions'),
  (1, 11, 'undone', 'undo', 'ok', '2 functions restored'), (1, 12, 'undone', 'verify', 'ok', '2 of 2 places as predicted'),
  (1, 13, 'undone', 'witness', 'ok', 'vulnerable again'), (1, 14, 'undone', 'smoke', 'ok', '9 exchanges'),
  (1, 15, 'restarted', 'restart', 'ok', 'the update''s image runs'), (1, 16, 'restarted', 'smoke', 'ok', '9 exchanges'),
  (1, 17, 'restarted', 'witness', 'ok', 'fixed');
INSERT INTO lab_probe
  SELECT 1, phase, step, exchange, sent, sent, 0, 0, '', 2000, 3.5, worst
  FROM (SELECT 'control' AS phase UNION SELECT 'patched' UNION SELECT 'undone' UNION SELECT 'restarted'),
       (SELECT 'smoke' AS step, 'discover-offer' AS exchange, 1 AS sent, 9.0 AS worst UNION ALL SELECT 'smoke', 'request-ack', 1, 8.0
        UNION ALL SELECT 'smoke', 'renew', 4, 12.0 UNION ALL SELECT 'soak', 'discover-offer', 300, 21.0 UNION ALL SELECT 'soak', 'renew', 300, 24.0)
  WHERE phase IN ('control', 'patched') OR step = 'smoke';
-- The fixed server drops the malformed request of the witness test, so no answer to it is right.
INSERT INTO lab_probe VALUES
  (1, 'control', 'witness', 'witness', 1, 1, 0, 0, '', 2000, 3.0, 3.0), (1, 'patched', 'witness', 'witness', 1, 0, 0, 0, '', 2000, 0, 0),
  (1, 'undone', 'witness', 'witness', 1, 1, 0, 0, '', 2000, 3.0, 3.0), (1, 'restarted', 'witness', 'witness', 1, 0, 0, 0, '', 2000, 0, 0);
INSERT INTO lab_witness VALUES
  (1, 'control', 'vulnerable', 'the reply carries 8 bytes from behind the option'), (1, 'patched', 'fixed', 'the request is dropped'),
  (1, 'undone', 'vulnerable', 'the reply carries 8 bytes from behind the option'), (1, 'restarted', 'fixed', 'the request is dropped');
INSERT INTO lab_process VALUES
  (1, 1, 'control', 'health', 'running', 'running', 432, 1700000000, NULL), (1, 2, 'control', 'soak', 'running', 'running', 432, 1700000000, NULL),
  (1, 3, 'patched', 'apply', 'running', 'running', 432, 1700000000, NULL), (1, 4, 'patched', 'smoke', 'running', 'running', 432, 1700000000, NULL),
  (1, 5, 'patched', 'soak', 'running', 'running', 432, 1700000000, NULL), (1, 6, 'undone', 'smoke', 'running', 'running', 432, 1700000000, NULL),
  (1, 7, 'restarted', 'smoke', 'running', 'running', 500, 1700000100, NULL);
WITH RECURSIVE sample(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM sample WHERE n < 30)
INSERT INTO lab_sample
  SELECT 1, phase, n * 20, base + (n * 7919 % 5) * 4096, 6, 120
  FROM sample, (SELECT 'control' AS phase, 2600000 AS base UNION SELECT 'patched', 2680000);
INSERT INTO lab_slope VALUES
  (1, 'control', 'private-bytes', 31, 600, 0.4, -3.1, 4.2, 0.95), (1, 'patched', 'private-bytes', 31, 600, 1.2, -2.6, 5.0, 0.95),
  (1, 'control', 'threads', 31, 600, 0, 0, 0, 0.95), (1, 'patched', 'threads', 31, 600, 0, 0, 0, 0.95),
  (1, 'control', 'handles', 31, 600, 0, 0, 0, 0.95), (1, 'patched', 'handles', 31, 600, 0, 0, 0, 0.95);
INSERT INTO lab_growth VALUES (1, 'private-bytes', 0.8, -4.0, 5.5, 0.95), (1, 'threads', 0, 0, 0, 0.95), (1, 'handles', 0, 0, 0, 0.95);
INSERT INTO lab_latency VALUES (1, 'discover-offer', 300, 300, 3.5, 3.6, 0.52, 0.4), (1, 'renew', 300, 300, 3.5, 3.4, 0.48, 0.4);
INSERT INTO lab_bytes VALUES
  (1, 'apply', 0x1400, 'ParseOptions', 'ebf9', 'ebf9', 'pre'), (1, 'apply', 0x1600, 'ProcessRenew', 'ebf9', 'ebf9', 'pre'),
  (1, 'undo', 0x1400, 'ParseOptions', '4889', '4889', 'pre'), (1, 'undo', 0x1600, 'ProcessRenew', '4053', '4053', 'pre');
