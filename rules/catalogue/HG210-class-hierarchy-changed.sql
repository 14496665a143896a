-- id: HG210
-- title: Bases of a class changed
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: Objects that the running process made carry the old run-time type data. dynamic_cast, typeid and catch clauses go by
--   it: new code does not find the new base in old objects, and finds a base that moved at its old place.
-- action: Show in the review that new code makes no such cast of an object that is older than the patch, or leave the change to the
--   next baseline.
SELECT h.module || '!' || h.name AS subject,
       printf('The bases of class %s change from %s to %s.', h.name, CASE h.pre_bases WHEN '' THEN 'none' ELSE h.pre_bases END,
              CASE h.post_bases WHEN '' THEN 'none' ELSE h.post_bases END) AS message,
       json_object('class', h.name, 'pre_bases', h.pre_bases, 'post_bases', h.post_bases) AS evidence
FROM hierarchy_pair h;
