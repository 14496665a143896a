-- id: HG205
-- title: Code shows a changed layout that no types confirm
-- severity: review
-- confidence: medium
-- needs: none
-- mechanism: Without private symbols of both images the code is all that tells of layouts. Here paired functions access the members
--   of one object at other offsets than before, or allocate and step over larger objects. Objects that the running process made
--   before the patch keep the old layout, so new code would take one member for another.
-- action: Get the private PDBs of both images, so that HG201 judges the types. Else look at the named places: when they are of an
--   object that outlives the patch, keep its layout, or leave the fix to the next baseline.
SELECT l.module || '!' || f.name || CASE WHEN l.start IS NULL THEN '' ELSE printf(' +0x%x', l.start) END AS subject,
       printf('Without private symbols: %s. First in %s.', l.text, f.name) AS message,
       json_object('kind', l.kind, 'confidence', l.confidence, 'start', l.start, 'delta', l.delta, 'functions', l.functions,
                   'contradictions', l.contradictions,
                   'places', json((SELECT json_group_array(json_object('kind', kind, 'function', name, 'pre_rva', pre_rva, 'post_rva', post_rva,
                                           'pre', pre, 'post', post, 'detail', detail))
                                   FROM (SELECT e.kind, p.name, e.pre_rva, e.post_rva, e.pre, e.post, e.detail
                                         FROM inferred_layout_evidence e JOIN function p ON p.function_id = e.function_id
                                         WHERE e.layout_id = l.layout_id ORDER BY e.ordinal)))) AS evidence
FROM inferred_layout l
JOIN inferred_layout_evidence first ON first.layout_id = l.layout_id AND first.ordinal = 0
JOIN function f ON f.function_id = first.function_id
-- With both HG201 judges.
WHERE (SELECT COUNT(*) FROM image i WHERE i.module = l.module AND i.image IN ('pre', 'post') AND i.symbols = 'private') < 2;
