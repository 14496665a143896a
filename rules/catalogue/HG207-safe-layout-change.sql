-- id: HG207
-- title: Layout change that no object of the running process can feel
-- severity: note
-- confidence: medium
-- needs: private
-- mechanism: A layout change is unsafe because of objects that exist already and of old code that still runs. Here the facts show
--   that there are none, or that the old layout is a part of the new one: the new member lies in bits that no member had, or
--   in one that no known code used; or the type grew at its end, and only patched code makes such objects and knows their size;
--   or the process has no object of the type that outlives a call.
-- action: Read the proof. What it cannot show: objects that patched functions made before the patch are the old, short ones, and
--   spare bits of old objects hold what was there. New code must not rely on either.
WITH safe(type_id, proof) AS (
  SELECT type_id, 'new members lie in bits that no used member had: '
         || (SELECT group_concat(printf('%s at 0x%x (%s)', f.name, f.post_offset, f.post_type), ', ')
             FROM (SELECT f.* FROM object_member f JOIN member_in_spare_bits USING (type_id, ordinal)
                   WHERE f.type_id = s.type_id ORDER BY f.ordinal) f)
         || COALESCE((SELECT '; it replaces ' || group_concat(f.name, ', ') || ', to which no access is known'
                      FROM (SELECT f.* FROM object_member f JOIN unused_member USING (type_id, ordinal)
                            WHERE f.type_id = s.type_id ORDER BY f.ordinal) f
                      HAVING COUNT(*) > 0), '')
  FROM type_fills_spare_bits s
  UNION ALL
  SELECT type_id, printf('it grows at its end from %d to %d bytes, and only patched functions make such objects: ', t.pre_size, t.post_size)
         || (SELECT group_concat(name, ', ') FROM (SELECT DISTINCT r.name FROM type_reach r JOIN redirected_function USING (function_id)
             WHERE r.type_id = t.type_id AND r.kind IN ('allocation', 'allocation of its size', 'local') ORDER BY 1 LIMIT 5))
         || '; no variable is one, no other type holds one, and no other function makes, copies or counts them'
  FROM type_grows_at_end JOIN type_pair t USING (type_id) JOIN type_made_by_redirected_code USING (type_id)
  WHERE type_id NOT IN (SELECT type_id FROM type_without_live_object)
  UNION ALL
  SELECT type_id, 'the process has no object of it that outlives a call: no variable and no other type has one or points to one, and no '
         || 'function that still runs, or that another module can call, has one or a pointer to one'
  FROM type_without_live_object
  -- Only what would be unsafe with a live object: a rename, or a function that is not virtual, is not.
  WHERE (type_id IN (SELECT type_id FROM moved_type)
         OR EXISTS (SELECT 1 FROM object_member f WHERE f.type_id = type_without_live_object.type_id AND f.status IN ('added', 'removed', 'retyped')))
    AND type_id NOT IN (SELECT type_id FROM type_fills_spare_bits))
SELECT t.module || '!' || t.name AS subject,
       printf('%s %s changes without harm to what runs: %s.', t.kind, t.name, s.proof) AS message,
       json_object('type', t.name, 'pre_size', t.pre_size, 'post_size', t.post_size, 'proof', s.proof,
                   'reaches', json((SELECT json_group_array(json_object('kind', kind, 'name', name))
                                    FROM (SELECT DISTINCT kind, name FROM type_reach r WHERE r.type_id = t.type_id ORDER BY kind, name)))) AS evidence
FROM safe s JOIN type_pair t USING (type_id)
WHERE t.type_id NOT IN (SELECT type_id FROM type_cause);
