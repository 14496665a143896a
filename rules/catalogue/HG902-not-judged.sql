-- id: HG902
-- title: Part of the KB could not be judged
-- severity: incomplete
-- confidence: high
-- needs: none
-- mechanism: The analysis or the lab gave up on something: a function that does not decode, a budget that was spent. What was not
--   looked at may hold anything.
-- action: Remove the reason that is given (a larger budget, the matching symbols) and run the gate again.
SELECT subject,
       printf('Not judged: %s.', group_concat(reason, '; ')) AS message,
       json_object('reasons', json(json_group_array(reason))) AS evidence
FROM (SELECT CASE subject WHEN '' THEN 'KB' ELSE subject END AS subject, reason FROM not_evaluated ORDER BY subject, reason)
GROUP BY subject;
