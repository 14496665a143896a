-- id: HG109
-- title: Entries whose redirect stops all processors
-- severity: note
-- confidence: high
-- needs: hotpatch
-- mechanism: The last step of a redirect is one write of two bytes. Where the entry's address ends in 7 modulo 8, the write crosses an
--   8-byte border, and the loader stops all processors for it. Each is short; on a machine with many processors and many such
--   entries it is a pause that clients see.
-- action: Align the functions (16 bytes is the compiler's default), or plan for the pause.
SELECT i.module AS subject,
       printf('%d redirected %s at an address that ends in 7 modulo 8: %s.', COUNT(*),
              CASE COUNT(*) WHEN 1 THEN 'function begins' ELSE 'functions begin' END, group_concat(f.name, ', ')) AS message,
       json_object('functions', json_group_array(f.name)) AS evidence
FROM (SELECT * FROM function WHERE function_id IN (SELECT function_id FROM redirected_function) AND rva & 7 = 7 ORDER BY name) f
JOIN image i USING (image_id)
WHERE i.machine <> 'arm64'
GROUP BY i.module
ORDER BY i.module;
