-- id: HG217
-- title: New code uses a thread-local variable where threads have none
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: A thread's block of thread-local variables is made when it begins, as large as the base says and with the base's offsets, and
--   code reaches a variable by its offset in the block. On a running thread the new code reads and writes behind the block, or takes one
--   variable for another.
-- action: Keep the thread-local variables as they are (new ones at the end do not help: the blocks are made already) and put new state into
--   ordinary data behind a lock, or leave the fix to the next baseline.
WITH used(global_id, name) AS MATERIALIZED (SELECT global_id, MIN(name) FROM patched_use GROUP BY global_id),
differs(module, name, by, why, pre_offset, post_offset) AS (
  SELECT g.module, g.name, u.name,
         CASE WHEN g.status = 'added' THEN printf('is new (%d bytes at offset 0x%x)', g.post_size, l.post_offset)
              WHEN l.pre_offset IS NULL THEN 'is no thread-local variable in the base'
              WHEN l.pre_offset <> l.post_offset THEN printf('moves from offset 0x%x to 0x%x', l.pre_offset, l.post_offset)
              ELSE printf('changes from %s (%d bytes) to %s (%d bytes)', COALESCE(g.pre_type, 'unknown type'), g.pre_size,
                          COALESCE(g.post_type, 'unknown type'), g.post_size) END,
         l.pre_offset, l.post_offset
  FROM global_pair g JOIN global_place l USING (global_id) JOIN used u USING (global_id)
  WHERE l.kind = 'thread' AND l.post_offset IS NOT NULL
    AND (g.status = 'added' OR l.pre_offset IS NOT l.post_offset OR g.pre_size IS NOT g.post_size OR g.pre_type IS NOT g.post_type))
SELECT module || '!' || name AS subject,
       printf('The thread-local %s %s, and the new %s uses it; running threads have their blocks already.', name, why, by) AS message,
       json_object('global', name, 'used_by', by, 'pre_offset', pre_offset, 'post_offset', post_offset) AS evidence
FROM differs
ORDER BY module, name;
