-- id: HG413
-- title: Base is not marked as made to be hotpatched
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: The linker marks an image that it laid out for hotpatches (/hotpatchcompatible). Here the hotpatch image has the mark and
--   its base has not: the base comes from another kind of build, whose functions nobody promised to be patchable.
-- action: Confirm that pre: is the build of the baseline month that machines run.
SELECT i.module AS subject, printf('%s is marked as hotpatch compatible, and its base %s is not.', i.path, p.path) AS message,
       json_object('hotpatch', i.path, 'base', p.path) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
JOIN image p ON p.module = i.module AND p.image = 'pre'
WHERE o.kind = 'base-not-marked'
ORDER BY i.module;
