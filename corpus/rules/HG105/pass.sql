-- Inlined into a redirected function; and into one whose body is identical all the same.
INSERT INTO inline_site VALUES (104, 'AppendOption'), (204, 'AppendOption'), (103, 'AppendOption'), (203, 'AppendOption');
