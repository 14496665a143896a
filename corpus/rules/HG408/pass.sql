-- A base with thread-local storage has it in its hotpatch image too, in a block that is no larger.
INSERT INTO image_property VALUES (1, 'tls'), (3, 'tls');
INSERT INTO tls_block VALUES (1, 16, 8), (3, 24, 0);
