-- id: HG311
-- title: Changed function waits for another time
-- severity: review
-- confidence: high
-- needs: hotpatch
-- mechanism: How long a thread waits decides when the others get their turn and when a client is told of a failure. A finite time that
--   becomes infinite turns a lost event into a hang; a shorter one turns a slow answer into an error.
-- action: Check the new time against what the caller allows, and that nobody waits for it under a lock.
SELECT i.module || '!' || f.name AS subject,
       printf('%s: the wait is "%s" in the base and "%s" in the update.', f.name, c.pre_text, c.post_text) AS message,
       json_object('function', f.name, 'base', c.pre_text, 'update', c.post_text) AS evidence
FROM contract_change c
JOIN function f ON f.function_id = c.pre
JOIN image i USING (image_id)
WHERE c.aspect = 'timeout'
ORDER BY i.module, f.name;
