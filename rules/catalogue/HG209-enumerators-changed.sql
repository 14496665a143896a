-- id: HG209
-- title: Enumerators of an enum changed
-- severity: review
-- confidence: medium
-- needs: private
-- mechanism: Values of an enum are in the process's data, in messages and in switch statements of functions that are not patched.
--   These do not know a new value and take their default path, and a value that means something else now is read with its
--   old meaning.
-- action: Show in the review which unpatched functions can meet the values, and that they do the right thing with them; give a new
--   enumerator a value that no other ever had.
WITH value(type_id, ordinal, name, status, was, becomes) AS (
  SELECT type_id, ordinal, name, status, pre_offset, post_offset FROM field_pair f
  WHERE kind = 'enumerator' AND status <> 'same'
    -- Another name for the same value is a rename.
    AND NOT EXISTS (SELECT 1 FROM field_pair o WHERE o.type_id = f.type_id AND o.kind = 'enumerator'
                    AND ((f.status = 'added' AND o.status = 'removed' AND o.pre_offset = f.post_offset)
                      OR (f.status = 'removed' AND o.status = 'added' AND o.post_offset = f.pre_offset)))
  ORDER BY type_id, ordinal)
SELECT t.module || '!' || t.name AS subject,
       printf('enum %s: %s.', t.name, group_concat(
              CASE v.status WHEN 'added' THEN printf('%s = %d is new%s', v.name, v.becomes,
                     COALESCE((SELECT ', a value that was ' || o.name || '''s' FROM field_pair o WHERE o.type_id = t.type_id
                               AND o.kind = 'enumerator' AND o.pre_offset = v.becomes ORDER BY o.ordinal LIMIT 1), ''))
                   WHEN 'removed' THEN printf('%s = %d is gone', v.name, v.was)
                   ELSE printf('%s changes from %d to %d', v.name, v.was, v.becomes) END, ', ')) AS message,
       json_object('type', t.name, 'enumerators', json(json_group_array(json_object('name', v.name, 'status', v.status,
                   'pre_value', v.was, 'post_value', v.becomes)))) AS evidence
FROM type_pair t JOIN value v USING (type_id)
WHERE t.status = 'changed' AND t.kind = 'enum'
GROUP BY t.type_id;
