-- id: HG101
-- title: Redirected function has no room for the jump in front of it
-- severity: block
-- confidence: high
-- needs: hotpatch
-- mechanism: The loader writes the jump to the new code into the 6 bytes in front of the function. Where these are not
--   filler (CC or 90) they belong to something else: another function's code, a jump table or data, which other threads
--   use at that moment.
-- action: Rebuild the base with /functionpadmin:6 for this function; until such a base is deployed, leave the fix to the
--   next baseline.
SELECT h.module || '!' || f.name AS subject,
       printf('%s at RVA 0x%x has %d filler bytes in front of it in the base; the redirect overwrites 6.',
              f.name, f.rva, f.padding) AS message,
       json_object('function', f.name, 'rva', f.rva, 'filler_bytes', f.padding, 'needed', 6) AS evidence
FROM hotpatch_record r
JOIN image h ON h.image_id = r.image_id
JOIN function f ON f.function_id = r.base_function
WHERE r.kind = 'function' AND NOT r.inverse
  AND h.machine IN ('x64', 'x86') -- ARM64 rewrites the entry itself and needs no padding
  AND f.padding < 6
GROUP BY f.function_id;
