-- id: HG105
-- title: Changed function is inlined into one that is not redirected
-- severity: block
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The compiler put a copy of the changed function into another one. Redirecting the changed function does not
--   reach that copy: the running process keeps the old code there, so the defect stays on that path and old and new code run
--   side by side.
-- action: Redirect every function that is named here too, or mark the changed one noinline in both builds, and rebuild.
WITH
-- Read once: the view is a closure over all calls.
live(f) AS MATERIALIZED (SELECT function_id FROM live_function),
-- An inliner whose own body is identical got the same machine code: nothing is missing there.
copy(module, inlinee, function_id, name, rva) AS (
  SELECT DISTINCT c.module, s.inlinee, f.function_id, f.name, f.rva
  FROM changed_function c
  JOIN image h ON h.module = c.module AND h.image = 'hotpatch'
  JOIN hotpatch t ON t.image_id = h.image_id
  JOIN function f ON f.function_id = c.pre
  JOIN inline_site s ON s.function_id IN (c.pre, c.post)
  JOIN changed_name n ON n.name = s.inlinee AND n.module = c.module
  WHERE c.pre IN (SELECT f FROM live)
  ORDER BY f.name, f.rva)
SELECT module || '!' || inlinee AS subject,
       printf('%s changed and is inlined into %d %s not redirected: %s.', inlinee, COUNT(*),
              CASE COUNT(*) WHEN 1 THEN 'function that is' ELSE 'functions that are' END,
              group_concat(name, ', ')) AS message,
       json_object('inlinee', inlinee,
                   'inlined_into', json(json_group_array(json_object('function', name, 'rva', rva)))) AS evidence
FROM copy
GROUP BY module, inlinee;
