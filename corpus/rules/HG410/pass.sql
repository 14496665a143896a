-- What the base does already is not the patch's.
INSERT INTO image_property VALUES (1, 'writable-code'), (3, 'writable-code');
