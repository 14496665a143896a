-- id: HG208
-- title: Vtable slots of a class moved, went or got another prototype
-- severity: block
-- confidence: high
-- needs: private
-- mechanism: Objects that the running process made before the patch point to the old vtables. New code calls the slot that the
--   function has now, and finds another function there, or the data behind the table; functions that are not patched do
--   the same with objects that new code made.
-- action: Keep the order of virtual functions and add new ones at the end, or make the new function one that is not virtual; else
--   leave the fix to the next baseline.
WITH slot(type_id, ordinal, name, status, was, becomes, pre_type, post_type) AS (
  SELECT type_id, ordinal, name, status, pre_offset, post_offset, pre_type, post_type FROM field_pair f
  WHERE kind = 'virtual function' AND status <> 'same'
  ORDER BY type_id, ordinal)
SELECT t.module || '!' || t.name AS subject,
       printf('Virtual functions of %s %s change their slots: %s.', t.kind, t.name,
              group_concat(printf('%s %s', s.name,
                CASE s.status WHEN 'added' THEN printf('is new at 0x%x', s.becomes) WHEN 'removed' THEN printf('is gone from 0x%x', s.was)
                  WHEN 'moved' THEN printf('0x%x -> 0x%x', s.was, s.becomes)
                  ELSE printf('at 0x%x: %s -> %s', s.becomes, s.pre_type, s.post_type) END), ', ')) AS message,
       json_object('type', t.name, 'slots', json(json_group_array(json_object('name', s.name, 'status', s.status, 'pre_offset', s.was,
                   'post_offset', s.becomes, 'pre_type', s.pre_type, 'post_type', s.post_type)))) AS evidence
FROM type_pair t JOIN slot s USING (type_id)
WHERE t.status = 'changed' AND t.type_id NOT IN (SELECT type_id FROM type_cause)
  AND t.type_id NOT IN (SELECT type_id FROM type_without_live_object) -- HG207
  -- Only new ones behind all that there were: HG206.
  AND t.type_id IN (SELECT type_id FROM type_moves_slots)
GROUP BY t.type_id;
