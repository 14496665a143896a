-- id: HG607
-- title: Defect is still there after the patch
-- severity: block
-- confidence: high
-- needs: lab
-- mechanism: The witness test shows the defect in the unpatched service, as it must, and still shows it in the patched one: the
--   hotpatch does not fix what the KB is for, or not on the path that the witness takes.
-- action: Check that every function of the fix is redirected (HG103, HG105) and that the witness takes the fixed path.
SELECT 'role ' || r.role || ': witness' AS subject,
       printf('The witness test still finds the defect after the patch: %s.', w.text) AS message,
       json_object('seen', w.seen, 'text', w.text) AS evidence
FROM lab_witness w JOIN lab_run r ON r.run_id = w.run_id
WHERE w.phase = 'patched' AND w.seen = 'vulnerable';
