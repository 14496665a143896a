-- The exported function moved: its name leads to it all the same. The hotpatch image's exports are not bound by anyone.
UPDATE export SET rva = 0x1050 WHERE image_id = 2;
INSERT INTO export VALUES (3, 'extra', 2, 0x1700, '');
