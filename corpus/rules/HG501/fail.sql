-- KB5070881: the cumulative update of an out-of-band fix, offered to everyone.
-- expect: KB5099001
-- says: it is offered to machines on the hotpatch track
UPDATE kb SET track = 'out-of-band';
INSERT INTO offered VALUES ('hotpatch'), ('standard');
DELETE FROM hotpatch_pair;
DELETE FROM hotpatch_record;
DELETE FROM hotpatch_base;
DELETE FROM hotpatch;
DELETE FROM data_access;
DELETE FROM call WHERE caller >= 300;
DELETE FROM function_name WHERE function_id >= 300;
DELETE FROM function WHERE image_id = 3;
DELETE FROM section WHERE image_id = 3;
DELETE FROM export WHERE image_id = 3;
DELETE FROM import WHERE image_id = 3;
DELETE FROM second_opinion WHERE image_id = 3;
DELETE FROM image WHERE image = 'hotpatch';
UPDATE evidence SET available = 0, reason = 'KB.yaml names no hotpatch image' WHERE kind = 'hotpatch';
