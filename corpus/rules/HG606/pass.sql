-- More places, all restored.
INSERT INTO lab_bytes VALUES (1, 'undo', 0x13fb, 'ParseOptions', 'cccccccccc', 'cccccccccc', 'pre');
