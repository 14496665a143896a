-- Not redirected, so nobody replaces its entry; and exactly 2 bytes are enough.
UPDATE function SET first_instruction_size = 1, branches_to_entry = 3 WHERE function_id = 103;
UPDATE function SET first_instruction_size = 2 WHERE function_id = 104;
