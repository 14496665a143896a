-- id: HG503
-- title: Sequence number of the hotpatch does not rise
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: The loader takes a hotpatch only when its sequence number is higher than that of the one that is active. On a machine
--   with the hotpatch of the month before, this one is refused: it reports the KB as installed and runs the older fix.
-- action: Build the hotpatch image again with a sequence number above the one before.
SELECT i.module AS subject,
       printf('The hotpatch image has sequence number %d, and the one before it (%s) has %d.', h.sequence, p.path, p.sequence) AS message,
       json_object('sequence', h.sequence, 'previous', p.path, 'previous_sequence', p.sequence) AS evidence
FROM image i
JOIN hotpatch h USING (image_id)
JOIN previous_hotpatch p USING (module)
WHERE h.sequence <= p.sequence
ORDER BY i.module;
