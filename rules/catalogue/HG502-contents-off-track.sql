-- id: HG502
-- title: Baseline holds hotpatch images
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: A baseline is installed with a restart and becomes the base of the hotpatches that follow. A hotpatch image in it is for
--   the base before: it is never loaded, and that it is there says that the KB was put together for another track.
-- action: Correct track in KB.yaml, or leave the hotpatch images out.
SELECT k.kb AS subject,
       printf('The KB is a baseline, but holds %d hotpatch %s: %s.', COUNT(*), CASE COUNT(*) WHEN 1 THEN 'image' ELSE 'images' END,
              group_concat(i.path, ', ')) AS message,
       json_object('track', k.track, 'images', json_group_array(i.path)) AS evidence
FROM kb k, (SELECT path FROM image JOIN hotpatch USING (image_id) ORDER BY path) i
WHERE k.track = 'baseline'
GROUP BY k.kb;
