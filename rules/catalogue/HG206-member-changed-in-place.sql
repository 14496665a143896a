-- id: HG206
-- title: Member was added, removed or given another type without moving others
-- severity: review
-- confidence: medium
-- needs: private
-- mechanism: The layout holds, but objects that the running process made before the patch never had the new member set: it holds
--   whatever the spare bytes held, and a member with another type holds a value of the old type.
-- action: Show in the review that new code can tell old objects from new ones, or that the spare bytes were always zero.
WITH odd(type_id, ordinal, name, status, at, was, becomes) AS (
  SELECT f.type_id, f.ordinal, f.name, f.status, COALESCE(f.post_offset, f.pre_offset), f.pre_type, f.post_type
  FROM field_pair f
  WHERE f.status IN ('added', 'removed', 'retyped')
    -- Another name for the same bytes of the same type is a rename.
    AND NOT EXISTS (SELECT 1 FROM field_pair o WHERE o.type_id = f.type_id
                    AND ((f.status = 'added' AND o.status = 'removed' AND o.pre_offset = f.post_offset AND o.pre_type = f.post_type)
                      OR (f.status = 'removed' AND o.status = 'added' AND o.post_offset = f.pre_offset AND o.post_type = f.pre_type)))
  ORDER BY f.type_id, f.ordinal)
SELECT t.module || '!' || t.name AS subject,
       printf('%s %s keeps its size and offsets, but members change in place: %s.', t.kind, t.name,
              group_concat(printf('%s %s at 0x%x (%s)', o.status, o.name, o.at,
                                  CASE o.status WHEN 'added' THEN o.becomes WHEN 'removed' THEN o.was
                                  ELSE o.was || ' -> ' || o.becomes END), ', ')) AS message,
       json_object('type', t.name, 'size', t.post_size, 'members', json(json_group_array(json_object('name', o.name, 'status', o.status,
                   'offset', o.at, 'pre_type', o.was, 'post_type', o.becomes)))) AS evidence
FROM type_pair t JOIN odd o ON o.type_id = t.type_id
WHERE t.status = 'changed' AND t.kind IN ('struct', 'class', 'union') AND t.pre_size = t.post_size
  AND NOT EXISTS (SELECT 1 FROM field_pair f WHERE f.type_id = t.type_id AND f.pre_offset <> f.post_offset) -- else HG201
GROUP BY t.type_id;
