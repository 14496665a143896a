-- KB5070893: the hotpatch of an out-of-band fix, offered to machines on the hotpatch track.
UPDATE kb SET track = 'out-of-band';
INSERT INTO offered VALUES ('hotpatch');
