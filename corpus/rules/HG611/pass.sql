-- After the restart it is another process, with other threads: nobody calls that a crash. One late answer is no failure.
UPDATE lab_process SET pid = 501, start_time = 1700000200 WHERE phase = 'restarted';
UPDATE lab_probe SET answered = 3, late = 1 WHERE phase = 'restarted' AND exchange = 'renew';
