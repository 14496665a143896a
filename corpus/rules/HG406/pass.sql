-- Another export of the hotpatch image is called by nobody.
INSERT INTO export VALUES (3, '__PatchMainCalloutData', 2, 0x1a80, '');
