-- id: HG307
-- title: Old and new code do not agree on who takes a lock
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: The update moves the taking of a lock from one side of a call to the other. In the running process one side is old and one
--   new: either both take it, and the thread waits for itself (a slim lock does) or holds it once too often, or neither does, and two
--   threads work on the same data at once.
-- action: Redirect both sides of the call, or show that no thread can take this way while the patch is active.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
changed(f, post, aspect, pre_text, post_text, gained) AS (
  SELECT pre, post, aspect, pre_text, post_text, gained FROM contract_change
  WHERE aspect IN ('lock balance', 'locks taken') AND pre IN (SELECT function_id FROM redirected_function)),
-- Calls of it by code that stays old.
old_call(f, caller, may_hold, must_hold) AS (
  SELECT b.callee, g.name, b.may_hold, b.must_hold FROM border_call b JOIN function g ON g.function_id = b.caller
  WHERE b.caller IN (SELECT f FROM live) AND b.callee IN (SELECT f FROM changed)),
found(f, why, caller) AS (
  SELECT c.f, printf('it comes back with %s locks more than it went in with, and with %s in the base', c.post_text, c.pre_text),
         (SELECT MIN(caller) FROM old_call o WHERE o.f = c.f)
  FROM changed c JOIN function g ON g.function_id = c.f
  WHERE c.aspect = 'lock balance' AND (g.is_root OR c.f IN (SELECT f FROM old_call))
  UNION ALL
  SELECT c.f, 'it takes a lock now, and its old caller holds one at the call', MIN(o.caller)
  FROM changed c JOIN old_call o USING (f)
  WHERE c.aspect = 'locks taken' AND c.gained AND o.may_hold GROUP BY c.f
  UNION ALL
  SELECT c.f, 'it takes no lock any more since its callers in the update hold one, and its old caller holds none', MIN(o.caller)
  FROM changed c JOIN old_call o USING (f)
  WHERE c.aspect = 'locks taken' AND NOT c.gained AND NOT o.must_hold
    AND EXISTS (SELECT 1 FROM border_call b WHERE b.callee = c.post AND b.must_hold) GROUP BY c.f)
SELECT i.module || '!' || f.name AS subject,
       printf('%s: %s.%s', f.name, group_concat(w.why, '; '), COALESCE(' Old caller: ' || MIN(w.caller) || '.', '')) AS message,
       json_object('function', f.name, 'old_caller', MIN(w.caller)) AS evidence
FROM (SELECT * FROM found ORDER BY f, why) w
JOIN function f ON f.function_id = w.f
JOIN image i USING (image_id)
GROUP BY w.f
ORDER BY i.module, f.name;
