-- An out-of-band cumulative update went to hotpatch machines: the enrolment is gone at once; and it is offered again after the restart.
-- expect: dhcpsrv.exe
-- says: its enrolment was 'Hotpatch.amd64' and is '' (patched)
-- says: the update is offered again by a scan after it was installed (restarted)
INSERT INTO lab_machine VALUES (1, 'control', 26100, 6588, 'Hotpatch.amd64', '1.0.0.0', 0, 3, '', 1),
  (1, 'patched', 26100, 6905, '', '', 0, 3, '', 0), (1, 'restarted', 26100, 6905, 'Hotpatch.amd64', '1.0.0.0', 0, 3, '', 1);
