-- id: HG206
-- title: Member was added, removed or given another type without moving others
-- severity: review
-- confidence: medium
-- needs: private
-- mechanism: The layout holds, but objects that the running process made before the patch never had the new member set: it holds
--   whatever the bytes held that another member used, and a member with another type holds a value of the old type. Their
--   vtables have no slot for a virtual function that was added at the end.
-- action: Show in the review that new code can tell old objects from new ones, or that the bytes were always zero; call a new
--   virtual function of objects only that new code made.
WITH odd(type_id, ordinal, is_slot, name, status, at, was, becomes) AS (
  SELECT f.type_id, f.ordinal, 0, f.name, f.status, COALESCE(f.post_offset, f.pre_offset), f.pre_type, f.post_type
  FROM object_member f
  WHERE f.status IN ('added', 'removed', 'retyped')
    AND (f.type_id, f.ordinal) NOT IN (SELECT type_id, ordinal FROM renamed_member)
  UNION ALL
  -- Behind all slots that there were; else HG208.
  SELECT f.type_id, f.ordinal, 1, f.name || ' (virtual)', f.status, f.post_offset, NULL, f.post_type
  FROM field_pair f WHERE f.kind = 'virtual function' AND f.status = 'added'
    AND NOT EXISTS (SELECT 1 FROM field_pair o WHERE o.type_id = f.type_id AND o.kind = 'virtual function'
                    AND (o.status IN ('moved', 'removed', 'retyped') OR o.pre_offset >= f.post_offset))
  ORDER BY 1, 2)
SELECT t.module || '!' || t.name AS subject,
       printf('%s %s keeps its size and offsets, but members change in place: %s.', t.kind, t.name,
              group_concat(printf('%s %s at 0x%x (%s)', o.status, o.name, o.at,
                                  CASE o.status WHEN 'added' THEN o.becomes WHEN 'removed' THEN o.was
                                  ELSE o.was || ' -> ' || o.becomes END), ', ')) AS message,
       json_object('type', t.name, 'size', t.post_size, 'members', json(json_group_array(json_object('name', o.name, 'status', o.status,
                   'offset', o.at, 'pre_type', o.was, 'post_type', o.becomes)))) AS evidence
FROM type_pair t JOIN odd o ON o.type_id = t.type_id
WHERE t.status = 'changed' AND t.kind IN ('struct', 'class', 'union')
  AND t.type_id NOT IN (SELECT type_id FROM moved_type) -- else HG201
  AND t.type_id NOT IN (SELECT type_id FROM type_cause)
  -- Safe: HG207.
  AND (o.is_slot OR t.type_id NOT IN (SELECT type_id FROM type_fills_spare_bits))
  AND t.type_id NOT IN (SELECT type_id FROM type_without_live_object)
GROUP BY t.type_id;
