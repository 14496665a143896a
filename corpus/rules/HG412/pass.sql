UPDATE hotpatch SET version = 4, min_sequence = 7;
