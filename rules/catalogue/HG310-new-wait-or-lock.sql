-- id: HG310
-- title: Changed function waits or takes a lock where the base does not
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: A new wait can hold up a thread that the service cannot spare, and one under a lock holds up all who want it. A new lock can
--   be taken in another order than elsewhere: two threads, one in the new code and one in code that stays old, then wait for each
--   other for ever, and the service hangs without a message.
-- action: Name the locks that are held at the new call, and every other place where two of them are taken together. The lab's run under
--   load is the proof.
SELECT i.module || '!' || f.name AS subject,
       printf('%s: %s in the update, %s in the base.', f.name, group_concat(c.post_text, ', '), group_concat(c.pre_text, ', ')) AS message,
       json_object('function', f.name, 'calls', json(json_group_array(json_object('kind', c.aspect, 'base', c.pre_text, 'update', c.post_text)))) AS evidence
FROM (SELECT * FROM contract_change WHERE aspect IN ('wait', 'lock call') AND gained ORDER BY pre, aspect) c
JOIN function f ON f.function_id = c.pre
JOIN image i USING (image_id)
GROUP BY f.function_id
ORDER BY i.module, f.name;
