-- id: HG201
-- title: Size or member offsets of a type changed
-- severity: block
-- confidence: high
-- needs: private
-- mechanism: Objects that the running process made before the patch have the old layout. New code reads and writes them at the
--   new offsets: it takes one member for another and writes behind the end of the allocation.
-- action: Keep the layout: use spare bytes of the type, put the new member into a side table that is keyed by the object, or
--   leave the fix to the next baseline.
WITH RECURSIVE
resized(type_id, module, name, kind, pre_size, post_size) AS (
  SELECT type_id, module, name, kind, pre_size, post_size FROM type_pair t
  WHERE status = 'changed' AND kind IN ('struct', 'class', 'union')
    AND (pre_size <> post_size
         OR EXISTS (SELECT 1 FROM field_pair f WHERE f.type_id = t.type_id AND f.pre_offset <> f.post_offset))),
-- A type that changed only because it holds another one that changed: told with the other.
consequence(type_id, cause) AS (
  SELECT o.type_id, i.type_id FROM resized o JOIN field_pair f ON f.type_id = o.type_id
  JOIN resized i ON i.module = o.module AND i.type_id <> o.type_id
       AND (f.post_type = i.name OR substr(f.post_type, 1, length(i.name) + 1) = i.name || '[')
  WHERE NOT EXISTS (SELECT 1 FROM field_pair a WHERE a.type_id = o.type_id AND a.status IN ('added', 'removed', 'retyped'))),
holds(root, type_id) AS (
  SELECT type_id, type_id FROM resized WHERE type_id NOT IN (SELECT type_id FROM consequence)
  UNION
  SELECT h.root, c.type_id FROM holds h JOIN consequence c ON c.cause = h.type_id),
touched(root, what, name) AS (
  SELECT h.root, 'type', t.name FROM holds h JOIN resized t ON t.type_id = h.type_id WHERE h.root <> h.type_id
  UNION
  SELECT h.root, 'global', g.name FROM holds h JOIN resized t ON t.type_id = h.type_id
  JOIN global_pair g ON g.module = t.module AND (g.pre_type = t.name OR substr(g.pre_type, 1, length(t.name) + 1) = t.name || '[')
  ORDER BY 1, 2, 3)
SELECT t.module || '!' || t.name AS subject,
       printf('%s %s %s%s%s%s.', t.kind, t.name,
              CASE WHEN t.pre_size <> t.post_size
                THEN printf('%s from %d to %d bytes', CASE WHEN t.pre_size < t.post_size THEN 'grows' ELSE 'shrinks' END,
                            t.pre_size, t.post_size)
                ELSE printf('keeps its %d bytes, but members move', t.post_size) END,
              COALESCE((SELECT '; ' || f.status || ' member: ' || f.name || printf(' at 0x%x', COALESCE(f.post_offset, f.pre_offset))
                        FROM field_pair f WHERE f.type_id = t.type_id AND f.status IN ('added', 'removed', 'retyped')
                        ORDER BY f.ordinal LIMIT 1), ''),
              COALESCE((SELECT printf('; first moved member: %s 0x%x -> 0x%x', f.name, f.pre_offset, f.post_offset)
                        FROM field_pair f WHERE f.type_id = t.type_id AND f.pre_offset <> f.post_offset
                        ORDER BY f.pre_offset, f.ordinal LIMIT 1), ''),
              COALESCE((SELECT '; with it change ' || group_concat(what || ' ' || name, ', ') FROM touched WHERE root = t.type_id), '')
             ) AS message,
       json_object('type', t.name, 'kind', t.kind, 'pre_size', t.pre_size, 'post_size', t.post_size,
                   'members', json((SELECT json_group_array(json_object('name', name, 'status', status, 'pre_offset', pre_offset,
                                           'post_offset', post_offset, 'pre_type', pre_type, 'post_type', post_type))
                                    FROM (SELECT * FROM field_pair WHERE type_id = t.type_id AND status <> 'same' ORDER BY ordinal))),
                   'types_with_it', json((SELECT json_group_array(name) FROM touched WHERE root = t.type_id AND what = 'type')),
                   'globals_with_it', json((SELECT json_group_array(name) FROM touched WHERE root = t.type_id AND what = 'global'))
                  ) AS evidence
FROM resized t
WHERE t.type_id NOT IN (SELECT type_id FROM consequence);
