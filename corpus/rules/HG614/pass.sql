-- The service was restarted from the update's image by the lab itself: a new process, and nobody crashed.
UPDATE lab_process SET pid = 977, start_time = 1700000300 WHERE phase = 'restarted';
