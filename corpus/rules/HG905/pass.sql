-- A newer decoder that knows every instruction of more functions.
UPDATE second_opinion SET decoder = 'Capstone 5.0.1', functions = functions + 40, instructions = instructions + 1200;
