-- An out-of-band fix may well be a hotpatch.
UPDATE kb SET track = 'out-of-band';
