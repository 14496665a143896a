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
       printf('The initial contents of global %s (%d bytes) change; the running process keeps the old value.', g.name, g.post_size) AS message,
       json_object('global', g.name, 'type', g.post_type, 'size', g.post_size, 'pre_rva', g.pre_rva, 'post_rva', g.post_rva) AS evidence
FROM global_pair g
WHERE g.status = 'changed' AND g.mutable AND g.value_changed
  AND g.pre_size IS g.post_size AND g.pre_type IS g.post_type -- else HG202
  AND NOT EXISTS (SELECT 1 FROM type_pair t WHERE t.module = g.module AND t.status = 'changed' AND t.kind IN ('struct', 'class', 'union')
                  AND (g.pre_type = t.name OR substr(g.pre_type, 1, length(t.name) + 1) = t.name || '['));
