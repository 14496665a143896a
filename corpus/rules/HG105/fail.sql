-- The compiler inlined the changed AppendOption into HandleMessage, whose body changes by it.
-- expect: dhcpsrv.exe!AppendOption
-- says: inlined into 1 function that is not redirected: HandleMessage
INSERT INTO inline_site VALUES (103, 'AppendOption'), (203, 'AppendOption');
UPDATE function_pair SET status = 'changed' WHERE pair_id = 3;
