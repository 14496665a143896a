-- A function that nobody redirects may begin anywhere.
UPDATE function SET rva = 0x1807 WHERE function_id = 106;
