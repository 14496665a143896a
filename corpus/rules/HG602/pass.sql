-- A wide interval around zero, and (in the samples' noise) a slope below what a heap block can be.
UPDATE lab_growth SET bytes_per_transaction = 300.0, low = -50.0, high = 700.0;
