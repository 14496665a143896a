-- All three images are marked.
INSERT INTO image_property VALUES (1, 'hotpatch-compatible'), (2, 'hotpatch-compatible'), (3, 'hotpatch-compatible');
