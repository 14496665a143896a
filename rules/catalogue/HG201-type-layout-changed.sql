-- id: HG201
-- title: Size or member offsets of a type changed
-- severity: block
-- confidence: high
-- needs: private
-- mechanism: Objects that the running process made before the patch have the old layout. New code reads and writes them at the
--   new offsets, and functions that are not patched go on with the old ones: each takes one member for another, and new code
--   writes behind the end of the allocation.
-- action: Keep the layout: use spare bytes of the type, put the new member into a side table that is keyed by the object, or
--   leave the fix to the next baseline.
WITH RECURSIVE
root(type_id, module, name, kind, pre_size, post_size) AS MATERIALIZED (
  SELECT type_id, module, name, kind, pre_size, post_size FROM type_pair JOIN moved_type USING (type_id)
  WHERE type_id NOT IN (SELECT type_id FROM type_cause)
    -- Safe: HG207 says why.
    AND type_id NOT IN (SELECT type_id FROM type_without_live_object)
    AND NOT (type_id IN (SELECT type_id FROM type_grows_at_end) AND type_id IN (SELECT type_id FROM type_made_by_redirected_code))),
-- Types that changed only because they hold the root: told with it.
holds(root, type_id) AS (
  SELECT type_id, type_id FROM root
  UNION
  SELECT h.root, c.type_id FROM holds h JOIN type_cause c ON c.cause = h.type_id),
reached(root, what, name) AS MATERIALIZED (
  SELECT h.root, 'type', t.name FROM holds h JOIN type_pair t USING (type_id) WHERE h.root <> h.type_id
  UNION
  SELECT h.root, 'type', r.name FROM holds h JOIN type_reach r USING (type_id) WHERE r.kind = 'embedded in'
  UNION
  SELECT h.root, 'global', r.name FROM holds h JOIN type_reach r USING (type_id) WHERE r.kind = 'global'
  ORDER BY 1, 2, 3),
user(root, function_id, name, patched) AS MATERIALIZED (
  SELECT DISTINCT h.root, u.function_id, f.name, u.function_id IN (SELECT function_id FROM redirected_function)
  FROM holds h JOIN member_use u USING (type_id) JOIN function f USING (function_id)
  WHERE u.function_id IN (SELECT function_id FROM redirected_function UNION SELECT function_id FROM live_function)
  ORDER BY 1, 3)
SELECT t.module || '!' || t.name AS subject,
       printf('%s %s %s%s%s%s%s%s.', t.kind, t.name,
              CASE WHEN t.pre_size <> t.post_size
                THEN printf('%s from %d to %d bytes', CASE WHEN t.pre_size < t.post_size THEN 'grows' ELSE 'shrinks' END,
                            t.pre_size, t.post_size)
                ELSE printf('keeps its %d bytes, but members move', t.post_size) END,
              COALESCE((SELECT '; ' || f.status || ' member: ' || f.name || printf(' at 0x%x', COALESCE(f.post_offset, f.pre_offset))
                        FROM object_member f WHERE f.type_id = t.type_id AND f.status IN ('added', 'removed', 'retyped')
                        ORDER BY f.ordinal LIMIT 1), ''),
              COALESCE((SELECT printf('; first moved member: %s 0x%x -> 0x%x%s', f.name, f.pre_offset, f.post_offset,
                                      CASE WHEN f.pre_bit <> f.post_bit THEN printf(', bit %d -> %d', f.pre_bit, f.post_bit) ELSE '' END)
                        FROM object_member f WHERE f.type_id = t.type_id AND (f.pre_offset <> f.post_offset OR f.pre_bit <> f.post_bit)
                        ORDER BY f.pre_offset, f.ordinal LIMIT 1), ''),
              -- Names of some are enough to see what is meant; the evidence has all.
              COALESCE((SELECT '; with it change ' || group_concat(what || ' ' || name, ', ') || CASE WHEN total > 6 THEN ', ...' ELSE '' END
                        FROM (SELECT what, name, COUNT(*) OVER () AS total FROM reached WHERE root = t.type_id LIMIT 6)
                        HAVING COUNT(*) > 0), ''),
              COALESCE((SELECT printf('; not patched, but uses what moved (%d): %s', total, group_concat(name, ', '))
                        FROM (SELECT name, COUNT(*) OVER () AS total FROM user WHERE root = t.type_id AND NOT patched LIMIT 3)
                        HAVING COUNT(*) > 0), ''),
              COALESCE((SELECT printf('; patched (%d): %s', total, group_concat(name, ', '))
                        FROM (SELECT name, COUNT(*) OVER () AS total FROM user WHERE root = t.type_id AND patched LIMIT 3)
                        HAVING COUNT(*) > 0), '')
             ) AS message,
       json_object('type', t.name, 'kind', t.kind, 'pre_size', t.pre_size, 'post_size', t.post_size,
                   'members', json((SELECT json_group_array(json_object('name', name, 'status', status, 'pre_offset', pre_offset,
                                           'post_offset', post_offset, 'pre_bit', pre_bit, 'post_bit', post_bit, 'pre_type', pre_type,
                                           'post_type', post_type))
                                    FROM (SELECT * FROM object_member WHERE type_id = t.type_id AND status <> 'same' ORDER BY ordinal))),
                   'types_with_it', json((SELECT json_group_array(name) FROM reached WHERE root = t.type_id AND what = 'type')),
                   'globals_with_it', json((SELECT json_group_array(name) FROM reached WHERE root = t.type_id AND what = 'global')),
                   'functions_not_patched', json((SELECT json_group_array(name) FROM user WHERE root = t.type_id AND NOT patched)),
                   'functions_patched', json((SELECT json_group_array(name) FROM user WHERE root = t.type_id AND patched)),
                   'uses', json((SELECT json_group_array(json_object('function', name, 'type', type, 'member', member, 'offset', offset,
                                        'rva', site_rva, 'instruction', text, 'patched', patched))
                                 FROM (SELECT x.name, p.name AS type, u.member, u.offset, u.site_rva, u.text, x.patched
                                       FROM user x JOIN holds h ON h.root = x.root
                                       JOIN member_use u ON u.type_id = h.type_id AND u.function_id = x.function_id
                                       JOIN type_pair p ON p.type_id = h.type_id
                                       WHERE x.root = t.type_id ORDER BY x.patched, x.name, u.site_rva LIMIT 100)))
                  ) AS evidence
FROM root t;
