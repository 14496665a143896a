-- id: HG401
-- title: Exports changed
-- severity: block
-- confidence: high
-- needs: none
-- mechanism: Other modules of the running process are bound to the exports of the base when they load. A new export does not
--   exist for them, a removed one stays in use, and a changed ordinal or forwarder holds only for what loads later.
-- action: Keep the exports of the base in a hotpatch; a new interface belongs into the next baseline.
WITH side(module, image, key, ordinal, forwarder) AS (
  SELECT i.module, i.image, CASE e.name WHEN '' THEN '#' || e.ordinal ELSE e.name END, e.ordinal, e.forwarder
  FROM export e JOIN image i USING (image_id)),
pre AS (SELECT * FROM side WHERE image = 'pre'),
post AS (SELECT * FROM side WHERE image = 'post'),
difference(module, key, what) AS (
  SELECT module, key, 'is new' FROM post p WHERE NOT EXISTS (SELECT 1 FROM pre o WHERE o.module = p.module AND o.key = p.key)
  UNION ALL
  SELECT module, key, 'is removed' FROM pre p WHERE NOT EXISTS (SELECT 1 FROM post o WHERE o.module = p.module AND o.key = p.key)
  UNION ALL
  SELECT b.module, b.key,
         CASE WHEN a.forwarder <> b.forwarder
           THEN printf('forwards to "%s" instead of "%s"', b.forwarder, a.forwarder)
           ELSE printf('has ordinal %d instead of %d', b.ordinal, a.ordinal) END
  FROM pre a JOIN post b ON b.module = a.module AND b.key = a.key
  WHERE a.forwarder <> b.forwarder OR a.ordinal <> b.ordinal)
SELECT module || '!' || key AS subject,
       printf('Export %s %s.', key, what) AS message,
       json_object('export', key, 'change', what) AS evidence
FROM difference
-- A module that exists on one side only has no running counterpart.
WHERE EXISTS (SELECT 1 FROM image i WHERE i.module = difference.module AND i.image = 'pre')
  AND EXISTS (SELECT 1 FROM image i WHERE i.module = difference.module AND i.image = 'post');
