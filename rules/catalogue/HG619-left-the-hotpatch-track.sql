-- id: HG619
-- title: Machine leaves the hotpatch track
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: A machine that is no longer enrolled, or whose hotpatching is off, gets cumulative updates with a restart until the next
--   baseline, and one that is offered the same update at every scan never gets the next one (October and November 2025). The package
--   did that, not the machine: it was on the track before.
-- action: See that the KB is the one for the hotpatch track and for this baseline; compare the values in the evidence.
WITH left_track(run_id, phase, text) AS (
  SELECT m.run_id, m.phase,
         CASE WHEN c.enrolment <> '' AND m.enrolment <> c.enrolment
              THEN printf('its enrolment was ''%s'' and is ''%s''', c.enrolment, m.enrolment)
              WHEN m.switch_status IS NOT c.switch_status OR m.switch_flags IS NOT c.switch_flags
              THEN printf('CheckEnabled answered 0x%08X, flags 0x%x, and now answers 0x%08X, flags 0x%x', c.switch_status, c.switch_flags,
                          m.switch_status, m.switch_flags)
              WHEN m.build <> c.build OR m.revision < c.revision
              THEN printf('its build was %d.%d and is %d.%d', c.build, c.revision, m.build, m.revision)
              WHEN m.offered = 1 THEN 'the update is offered again by a scan after it was installed' END
  FROM lab_machine m JOIN lab_machine c ON c.run_id = m.run_id AND c.phase = 'control'
  WHERE m.phase IN ('patched', 'restarted'))
SELECT r.module AS subject,
       printf('The machine left the hotpatch track: %s.',
              (SELECT group_concat(text || ' (' || phase || ')', '; ') FROM (SELECT text, phase FROM left_track l WHERE l.run_id = r.run_id AND text IS NOT NULL ORDER BY phase))) AS message,
       json_object('machine', json((SELECT json_group_array(json_object('phase', phase, 'build', build || '.' || revision, 'enrolment', enrolment, 'enrolment_version', enrolment_version,
                                                 'switch_status', switch_status, 'switch_flags', switch_flags, 'offered', offered))
             FROM (SELECT * FROM lab_machine m WHERE m.run_id = r.run_id ORDER BY phase)))) AS evidence
FROM lab_run r WHERE r.run_id IN (SELECT run_id FROM left_track WHERE text IS NOT NULL);
