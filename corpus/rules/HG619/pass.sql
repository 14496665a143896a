-- A hotpatch raises the revision, may raise the enrolment's version, and is not offered any more; before it, it was.
INSERT INTO lab_machine VALUES (1, 'control', 26100, 6588, 'Hotpatch.amd64', '1.0.0.0', 0, 3, '', 1),
  (1, 'patched', 26100, 6899, 'Hotpatch.amd64', '1.0.0.1', 0, 3, '', 0), (1, 'restarted', 26100, 6899, 'Hotpatch.amd64', '1.0.0.1', 0, 3, '', NULL);
