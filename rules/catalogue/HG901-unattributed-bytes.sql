-- id: HG901
-- title: Differing bytes that nothing explains
-- severity: incomplete
-- confidence: high
-- needs: none
-- mechanism: The ledger gives every differing byte a cause. What has none may be a change that no rule looked at, so "nothing
--   else changed" is not proved for these images.
-- action: Look at the offsets in the evidence. If they belong to a structure that the tool does not know, report them with the
--   images; do not approve by hand without an explanation.
WITH gap(module, image, file_offset, size, section, place) AS (
  SELECT module, image, file_offset, size, CASE section WHEN '' THEN 'no section' ELSE section END,
         ROW_NUMBER() OVER (PARTITION BY module ORDER BY image, file_offset)
  FROM ledger_unattributed
  ORDER BY module, image, file_offset)
SELECT module AS subject,
       printf('%d differing bytes in %d %s have no cause; first: %s.', SUM(size), COUNT(*),
              CASE COUNT(*) WHEN 1 THEN 'place' ELSE 'places' END,
              MAX(CASE place WHEN 1 THEN printf('%s image, file offset 0x%x, %d bytes in %s', image, file_offset, size, section) END)
             ) AS message,
       json_object('bytes', SUM(size), 'places', json(json_group_array(json_object('image', image, 'file_offset', file_offset,
                   'size', size, 'section', section)))) AS evidence
FROM gap
GROUP BY module;
