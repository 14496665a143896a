-- No restart after the hotpatch; and one that was pending before it is not the hotpatch's.
INSERT INTO lab_machine VALUES (1, 'control', 26100, 6588, 'Hotpatch.amd64', '1.0.0.0', 0, 3, 'Windows Update', 1),
  (1, 'patched', 26100, 6899, 'Hotpatch.amd64', '1.0.0.0', 0, 3, 'Windows Update', 0);
