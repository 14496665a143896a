-- id: HG406
-- title: Hotpatch image runs code of its own while it is applied
-- severity: review
-- confidence: high
-- needs: none
-- mechanism: The loader calls the export __PatchMainCallout__ when the patch is applied and undone, before and after the code is
--   switched. A failure in the later calls ends the process.
-- action: Read the function: it must not wait, must not take locks of the service, and must undo what it did.
SELECT i.module || '!' || e.name AS subject,
       printf('The hotpatch image exports %s, which runs at apply and undo time.', e.name) AS message,
       json_object('export', e.name, 'rva', e.rva) AS evidence
FROM export e JOIN image i USING (image_id)
WHERE i.image = 'hotpatch' AND e.name = '__PatchMainCallout__';
