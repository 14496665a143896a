-- id: HG418
-- title: Reference to a variable of the base is bound by no record
-- severity: block
-- confidence: high
-- needs: public, hotpatch
-- mechanism: The compiler makes patched code reach a variable through a slot, and the patch table binds the slot to the base's variable.
--   A slot without a record keeps what the linker put there, the patch image's own copy: the patched code works on state that
--   nobody else sees.
-- action: Build the hotpatch image again, so that its patch table has a record for every reference symbol.
SELECT i.module || '!' || o.name AS subject,
       upper(substr(o.text, 1, 1)) || substr(o.text, 2) || '.' AS message,
       json_object('slot', o.name) AS evidence
FROM hotpatch_oddity o
JOIN image i USING (image_id)
WHERE o.kind = 'unbound-reference'
ORDER BY i.module, o.ordinal;
