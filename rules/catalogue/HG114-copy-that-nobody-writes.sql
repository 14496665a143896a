-- id: HG114
-- title: Patched code reads the patch image's own copy of data that nobody writes
-- severity: note
-- confidence: high
-- needs: private, hotpatch
-- mechanism: The hotpatch image is a whole image with variables of its own. This one lies among the mutable data, but no instruction of the
--   base, the update or the hotpatch image stores to it or takes its address, and all three begin with the same value: both copies
--   hold the same as long as the process runs.
-- action: Nothing. Declare it const, and the compiler keeps it that way.
SELECT i.module || '!' || s.name AS subject,
       printf('%s of the hotpatch image reads its own copy of %s, which nobody writes in any build: "%s".', f.name, s.name, a.text) AS message,
       json_object('global', s.name, 'function', f.name, 'path', r.path, 'instruction', a.text,
                   'readers', json((SELECT json_group_array(name) FROM (SELECT DISTINCT g.name FROM state_access b JOIN function g USING (function_id)
                                    WHERE g.image_id = s.image_id AND b.target_rva >= s.rva AND b.target_rva < s.rva + s.size ORDER BY g.name)))) AS evidence
FROM state_datum s
JOIN image i USING (image_id)
JOIN state_access a ON a.binding = 'own copy' AND a.target_rva >= s.rva AND a.target_rva < s.rva + s.size
JOIN function f ON f.function_id = a.function_id AND f.image_id = s.image_id
JOIN state_reach r ON r.function_id = f.function_id
WHERE s.writer = ''
GROUP BY s.image_id, s.rva
HAVING a.site_rva = MIN(a.site_rva)
ORDER BY i.module, s.name;
