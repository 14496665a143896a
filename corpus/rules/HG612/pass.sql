-- The entry itself as a return address belongs to what stands in front of it, and another module's RVA is not ours.
INSERT INTO lab_frame VALUES (1, 'control', 9, 0, 'kernel32.dll', 0x1412), (1, 'control', 9, 1, 'dhcpsrv.exe', 0x1400), (1, 'control', 9, 2, '', 0);
