-- id: HG620
-- title: Restart is pending after a hotpatch
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: A hotpatch needs no restart. When the machine waits for one after it, the package was (or carried) something else, and
--   what is in force until the restart is not what was tested.
-- action: See which package asks for the restart (C:\Windows\Logs\CBS\CBS.log), and ship it on a baseline.
SELECT r.module AS subject,
       printf('After the hotpatch was installed, the machine waits for a restart: %s.', m.pending_restart) AS message,
       json_object('pending_restart', m.pending_restart, 'before', c.pending_restart) AS evidence
FROM lab_run r
JOIN lab_machine c ON c.run_id = r.run_id AND c.phase = 'control'
JOIN lab_machine m ON m.run_id = r.run_id AND m.phase = 'patched'
WHERE c.pending_restart = '' AND m.pending_restart <> ''
ORDER BY r.module;
