-- id: HG211
-- title: Name stands for another type, or for several
-- severity: review
-- confidence: medium
-- needs: private
-- mechanism: A typedef that stands for another type changes what every declaration with it means, in objects and in parameters.
--   Where object files define one name differently, the symbols do not tell which definition changed, so nothing else here
--   says whether the layout of live objects did.
-- action: For a typedef, see which other findings name the types and functions that use it. For an ambiguous name, find the object
--   files that define it, and give the definitions names or namespaces of their own.
SELECT t.module || '!' || t.name AS subject,
       CASE WHEN t.ambiguous THEN printf('%s %s has %d definitions in the base and %d in the update, and it is not known which of them changed.',
                                         t.kind, t.name, t.pre_definitions, t.post_definitions)
            ELSE printf('The name %s stands for %s, and stood for %s.', t.name, COALESCE(t.post_underlying, 'a ' || t.kind),
                        COALESCE(t.pre_underlying, 'another kind of type')) END AS message,
       json_object('type', t.name, 'kind', t.kind, 'pre_underlying', t.pre_underlying, 'post_underlying', t.post_underlying,
                   'pre_definitions', t.pre_definitions, 'post_definitions', t.post_definitions) AS evidence
FROM type_pair t
WHERE t.status = 'changed' AND (t.ambiguous OR (t.kind = 'typedef' AND t.pre_underlying IS NOT t.post_underlying));
