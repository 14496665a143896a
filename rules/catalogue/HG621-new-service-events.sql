-- id: HG621
-- title: Service logs trouble only with the patch
-- severity: review
-- confidence: medium
-- needs: lab
-- mechanism: Under the same load, the patched service wrote errors or signs of slowness into the event log that the unpatched one did
--   not write. A service often notices what a client does not see yet: offers that queue up, a backup that fails.
-- action: Read the events in the evidence, and run the lab again with a longer soak.
WITH fresh(run_id, event, meaning, text, level, count) AS (
  SELECT run_id, event, meaning, text, level, count FROM lab_event p
  WHERE phase = 'patched' AND (meaning = 'slow' OR level BETWEEN 1 AND 2)
    AND NOT EXISTS (SELECT 1 FROM lab_event c WHERE c.run_id = p.run_id AND c.phase = 'control' AND c.event = p.event))
SELECT r.module AS subject,
       printf('The service wrote %s only with the patch.',
              (SELECT group_concat(printf('event %d (%d times%s)', event, count, CASE text WHEN '' THEN '' ELSE ': ' || text END), ', ')
               FROM (SELECT * FROM fresh f WHERE f.run_id = r.run_id ORDER BY event))) AS message,
       json_object('events', json((SELECT json_group_array(json_object('event', event, 'meaning', meaning, 'level', level, 'count', count))
             FROM (SELECT * FROM fresh f WHERE f.run_id = r.run_id ORDER BY event)))) AS evidence
FROM lab_run r WHERE r.run_id IN (SELECT run_id FROM fresh)
ORDER BY r.module;
