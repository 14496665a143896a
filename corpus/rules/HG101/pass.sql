-- Too little room, but only in front of a function that is not redirected, and just enough in front of one that is.
UPDATE function SET padding = 0 WHERE function_id = 103;
UPDATE function SET padding = 6 WHERE function_id = 104;
