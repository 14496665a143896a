-- id: HG110
-- title: Hot fix is not proved to be the cold fix
-- severity: review
-- confidence: medium
-- needs: private, hotpatch
-- mechanism: The hotpatch image goes through reference slots where the update reaches its variables directly, so the compiler made two
--   bodies of one source. Where each instruction of the one can be matched with one of the other, that is proved to be all; here it
--   could not be, so a real difference may hide among the different registers and addresses.
-- action: Read both bodies in the evidence; or build the update and the hotpatch image with the same list of hotpatched functions, so
--   that they are equal.
WITH RECURSIVE
-- What redirected code reaches in the hotpatch image.
reached(f) AS (
  SELECT hotpatch_function FROM hotpatch_record WHERE kind = 'function' AND NOT inverse AND hotpatch_function IS NOT NULL
  UNION
  SELECT c.callee FROM reached JOIN call c ON c.caller = reached.f)
SELECT i.module || '!' || f.name AS subject,
       printf('%s reaches variables through reference slots in the hotpatch image and directly in the update, and that this is all is not '
              || 'proved: %s.', f.name, s.obstacle) AS message,
       json_object('obstacle', s.obstacle,
                   'bodies', json((SELECT json_group_array(json_object('update rva', post_rva, 'update', post_text, 'hotpatch rva', hotpatch_rva,
                                                                       'hotpatch image', hotpatch_text, 'differs', CASE differs WHEN 1 THEN 'differs' ELSE '' END))
                                   FROM (SELECT * FROM slot_listing l WHERE l.hotpatch = f.function_id ORDER BY l.line)))) AS evidence
FROM slot_proof s
JOIN function f ON f.function_id = s.hotpatch
JOIN image i USING (image_id)
WHERE NOT s.proved AND f.function_id IN (SELECT f FROM reached)
ORDER BY i.module, f.name;
