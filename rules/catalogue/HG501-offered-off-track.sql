-- id: HG501
-- title: Cumulative update is offered to machines on the hotpatch track
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Outside of a baseline month a machine on the hotpatch track must get hotpatches only. A cumulative update in their place
--   makes it restart, changes its base, and no hotpatch fits it until the next baseline. Of October 2025's KB5070881 that is
--   how machines left the track for a quarter of a year.
-- action: Offer this KB to machines that are not enrolled only, and to those that are the hotpatch of the same fix.
SELECT k.kb AS subject,
       'The KB is out-of-band and holds no hotpatch image: it is a cumulative update, and it is offered to machines on the hotpatch track.'
         AS message,
       json_object('track', k.track, 'offered', json((SELECT json_group_array(machines) FROM (SELECT machines FROM offered ORDER BY machines))))
         AS evidence
FROM kb k
WHERE k.track = 'out-of-band' AND NOT EXISTS (SELECT 1 FROM hotpatch)
  AND EXISTS (SELECT 1 FROM offered WHERE machines = 'hotpatch');
