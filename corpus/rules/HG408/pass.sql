-- A base with thread-local storage has it in its hotpatch image too.
INSERT INTO image_property VALUES (1, 'tls'), (3, 'tls');
