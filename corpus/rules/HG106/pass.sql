-- The update folds the same two names again: both changed in the same way.
INSERT INTO function_name VALUES (105, 'ProcessInform'), (205, 'ProcessInform');
