-- id: HG303
-- title: Changed function runs at start only
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: Initialisers and once-callbacks have run when the patch arrives, and will not run again in this process; a DLL's entry
--   point and TLS callbacks run again for threads that begin or end, but not for the process. A redirect there does nothing for
--   what the old code set up: that stays until the restart, and new code that counts on what the new code would have set up
--   finds it missing.
-- action: Show that the rest of the update works on what the old code set up, or ship the fix with a restart.
WITH RECURSIVE
start(function_id, kind, by) AS (
  SELECT function_id, MIN(kind), MIN(api) FROM registration WHERE kind IN ('initializer', 'tls-callback', 'dll-entry', 'once')
  GROUP BY function_id),
-- Reached by anything else: from a function that is not of the start and is called from outside, or by nobody that we know.
later(function_id) AS (
  SELECT f.function_id FROM function f JOIN image i USING (image_id)
  WHERE i.image = 'pre' AND f.function_id NOT IN (SELECT function_id FROM start)
    AND (f.is_root OR NOT EXISTS (SELECT 1 FROM call c WHERE c.callee = f.function_id AND c.caller <> f.function_id))
  UNION
  SELECT c.callee FROM later l JOIN call c ON c.caller = l.function_id),
early(function_id, kind, by, depth, text) AS (
  SELECT s.function_id, s.kind, s.by, 0, f.name FROM start s JOIN function f USING (function_id)
  WHERE s.function_id NOT IN (SELECT function_id FROM later)
  UNION
  SELECT c.callee, e.kind, e.by, e.depth + 1, e.text || ' -> ' || f.name
  FROM early e JOIN call c ON c.caller = e.function_id JOIN function f ON f.function_id = c.callee
  WHERE e.depth < 4 AND c.callee NOT IN (SELECT function_id FROM later)),
found(function_id, kind, by, text, ordinal) AS (
  SELECT function_id, kind, by, text, ROW_NUMBER() OVER (PARTITION BY function_id ORDER BY depth, text) FROM early)
SELECT i.module || '!' || f.name AS subject,
       printf('%s changed, but %s (%s): %s.', f.name,
              CASE WHEN e.kind IN ('tls-callback', 'dll-entry') THEN 'what it does for the process has been done'
              ELSE 'runs at start only' END, e.by, e.text) AS message,
       json_object('function', f.name, 'registered_as', e.kind, 'by', e.by, 'path', e.text) AS evidence
FROM found e
JOIN function f USING (function_id)
JOIN image i USING (image_id)
JOIN function_pair p ON p.pre = f.function_id
WHERE e.ordinal = 1 AND i.image = 'pre' AND p.status = 'changed' AND NOT p.line_only
ORDER BY i.module, f.name;
