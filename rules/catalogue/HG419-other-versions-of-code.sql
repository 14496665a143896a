-- id: HG419
-- title: Redirected code has other versions that the patch does not reach
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: The system can choose one of several versions of a function when it loads an image (function overrides), and an ARM64EC
--   image has code for two instruction sets. A redirect changes one of them; callers of another run the old code.
-- action: Look at which version each supported processor runs, and patch them all or leave the fix to the next baseline.
SELECT i.module || CASE o.name WHEN '' THEN '' ELSE '!' || o.name END AS subject,
       upper(substr(o.text, 1, 1)) || substr(o.text, 2) || '.' AS message,
       json_object('record', o.record, 'kind', o.kind) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
WHERE o.kind IN ('function-override', 'hybrid-code')
  AND NOT EXISTS (SELECT 1 FROM hotpatch_oddity e WHERE e.image_id = o.image_id AND e.kind = o.kind AND e.name = o.name AND e.ordinal < o.ordinal)
ORDER BY i.module, o.ordinal;
