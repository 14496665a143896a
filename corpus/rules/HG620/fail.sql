-- The package carried a component that only a restart brings into force.
-- expect: dhcpsrv.exe
-- says: the machine waits for a restart: component servicing
INSERT INTO lab_machine VALUES (1, 'control', 26100, 6588, 'Hotpatch.amd64', '1.0.0.0', 0, 3, '', 1),
  (1, 'patched', 26100, 6899, 'Hotpatch.amd64', '1.0.0.0', 0, 3, 'component servicing', 0);
