-- Vulnerable before the patch and after undo: that is what the control run is for.
UPDATE lab_witness SET text = 'the reply carries 4 bytes from behind the option' WHERE phase <> 'patched';
