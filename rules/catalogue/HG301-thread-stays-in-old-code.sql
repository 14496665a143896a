-- id: HG301
-- title: Redirected function is what a thread runs
-- severity: review
-- confidence: high
-- needs: hotpatch
-- mechanism: A redirect is a jump at a function's entry: it leads those astray who call the function from then on. The first function
--   of a thread and a service's main function are called once. A thread that is in one when the patch arrives goes on in the old
--   code, with its loop, until it ends, which for a service is at the next restart.
-- action: Put the change into a function that the loop calls, or show that the threads end and begin again in normal work.
WITH entered(module, function_id, name, kind, by, registrar) AS (
  SELECT i.module, f.function_id, f.name, r.kind, MIN(r.api), MIN(w.name)
  FROM registration r
  JOIN function f USING (function_id)
  JOIN image i USING (image_id)
  LEFT JOIN function w ON w.function_id = r.registrar
  WHERE r.kind IN ('thread', 'service-main') AND f.function_id IN (SELECT function_id FROM redirected_function)
  GROUP BY f.function_id, r.kind)
SELECT module || '!' || name AS subject,
       printf('%s is %s (%s%s); a thread that is in it stays in the old code.', name,
              CASE kind WHEN 'thread' THEN 'what a thread runs' ELSE 'the main function of a service' END, by,
              COALESCE(' in ' || registrar, '')) AS message,
       json_object('function', name, 'registered_as', kind, 'by', by, 'registrar', registrar) AS evidence
FROM entered
ORDER BY module, name;
