-- The thread's own function stays, and calls what is redirected; a timer calls its function anew each time.
INSERT INTO registration VALUES (102, 'thread', 'CreateThread', 101, 0x1018), (104, 'callback', 'CreateTimerQueueTimer', 101, 0x1020);
