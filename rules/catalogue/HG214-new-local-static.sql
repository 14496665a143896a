-- id: HG214
-- title: New code has a function-local static of its own that is yet to be initialised
-- severity: review
-- confidence: high
-- needs: private, hotpatch
-- mechanism: A static with a dynamic initialiser is set up when its function runs for the first time, under a guard. Guard and value of a new
--   one lie in the hotpatch image: the initialiser runs in the middle of work instead of at start, with whatever locks the caller
--   holds, once more after an undo and with every later patch. A thread-safe guard also needs a lock and a thread-local epoch of the
--   run-time's, which have to be the base's: nobody runs the patch image's initialisers.
-- action: Show in the review that the initialiser is safe at any moment and when it runs again, and that _Init_thread_header, its lock and
--   _tls_index are reached in the base; a constant initialiser (constinit) needs none of this.
SELECT s.module || '!' || s.variable AS subject,
       printf('%s is a new static of %s with a dynamic initialiser (%s guard at 0x%x of the update, in the hotpatch image''s own data).', s.variable,
              f.name, s.style, s.post_guard_rva) AS message,
       json_object('static', s.variable, 'function', f.name, 'guard', s.style) AS evidence
FROM local_static s
JOIN function f ON f.function_id = s.post
WHERE s.status = 'added'
  AND EXISTS (SELECT 1 FROM hotpatch_pair h JOIN patch_reach r ON r.function_id = h.hotpatch WHERE h.post = s.post)
GROUP BY s.module, s.variable
ORDER BY s.module, s.variable;
