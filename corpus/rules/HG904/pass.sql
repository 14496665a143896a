-- More functions were read, and the decoders agree.
UPDATE second_opinion SET functions = functions + 40, instructions = instructions + 1200;
