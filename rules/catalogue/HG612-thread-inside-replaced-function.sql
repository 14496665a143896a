-- id: HG612
-- title: Thread stays inside a function that the patch replaces
-- severity: review
-- confidence: high
-- needs: lab
-- mechanism: A redirect acts at the next call. A thread that is inside the old function, or waits in what it called, goes on in the old
--   code until it returns, and a service's own threads may never return: the fix does not reach them, and old and new code run side
--   by side for good.
-- action: Patch what the loop calls instead of the loop, or say in the review that the old code on that stack is harmless.
WITH inside(run_id, phase, thread, depth, function_id, name) AS (
  SELECT l.run_id, l.phase, l.thread, l.depth, f.function_id, f.name
  FROM lab_frame l
  JOIN lab_run r ON r.run_id = l.run_id AND lower(r.module) = lower(l.module)
  JOIN image i ON i.module = r.module AND i.image = 'pre'
  -- A return address may be the byte behind the function: a call that does not return is its last instruction.
  JOIN function f ON f.image_id = i.image_id AND l.rva >= f.rva AND l.rva < f.rva + f.size + (l.depth > 0) AND (l.depth = 0 OR l.rva > f.rva)
  WHERE f.function_id IN (SELECT function_id FROM redirected_function)),
held(run_id, function_id, name, threads, after_soak, thread) AS (
  SELECT run_id, function_id, name, COUNT(DISTINCT CASE phase WHEN 'control' THEN thread END),
         COUNT(DISTINCT CASE phase WHEN 'patched' THEN thread END), MIN(thread)
  FROM inside GROUP BY run_id, function_id)
SELECT r.module || '!' || h.name AS subject,
       printf('%d %s of the idle service %s inside %s before the patch%s.', h.threads, CASE h.threads WHEN 1 THEN 'thread' ELSE 'threads' END,
              CASE h.threads WHEN 1 THEN 'is' ELSE 'are' END, h.name,
              CASE h.after_soak WHEN 0 THEN '' ELSE printf(', and %d still after the soak with it', h.after_soak) END) AS message,
       json_object('function', h.name, 'threads', h.threads, 'after_soak', h.after_soak,
                   'stack', json((SELECT json_group_array(printf('%s+0x%x', CASE module WHEN '' THEN '?' ELSE module END, rva))
                                  FROM (SELECT module, rva FROM lab_frame s WHERE s.run_id = h.run_id AND s.thread = h.thread
                                        AND s.phase = (SELECT MIN(phase) FROM inside n WHERE n.run_id = h.run_id AND n.thread = h.thread)
                                        ORDER BY depth)))) AS evidence
FROM held h JOIN lab_run r ON r.run_id = h.run_id
ORDER BY r.module, h.name;
