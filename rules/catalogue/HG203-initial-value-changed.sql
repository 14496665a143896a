-- id: HG203
-- title: Initial value of mutable data changed
-- severity: review
-- confidence: medium
-- needs: private
-- mechanism: A running process keeps the value that the variable has now; the new initial value takes effect after a restart
--   only. New code that relies on it sees the old one, and the machine behaves differently before and after its next restart.
-- action: If the fix needs the new value, let the new code set it, once and safely for threads that use the old one; else say
--   in the review that the fix does not depend on it.
SELECT g.module || '!' || g.name AS subject,
       printf('The initial contents of %s %s (%d bytes) change; %s.', CASE l.kind WHEN 'thread' THEN 'the thread-local' ELSE 'global' END,
              g.name, g.post_size,
              CASE l.kind WHEN 'thread' THEN 'every thread of the running process has the old value, new ones too'
              ELSE 'the running process keeps the old value' END) AS message,
       json_object('global', g.name, 'type', g.post_type, 'size', g.post_size, 'pre_rva', g.pre_rva, 'post_rva', g.post_rva) AS evidence
FROM global_pair g
LEFT JOIN global_place l USING (global_id)
WHERE g.status = 'changed' AND g.mutable AND g.value_changed
  AND l.pre_writable IS NOT 0 -- else HG212
  AND g.pre_size IS g.post_size AND g.pre_type IS g.post_type -- else HG202
  AND NOT EXISTS (SELECT 1 FROM type_pair t WHERE t.module = g.module AND t.status = 'changed' AND t.kind IN ('struct', 'class', 'union')
                  AND (g.pre_type = t.name OR substr(g.pre_type, 1, length(t.name) + 1) = t.name || '['));
