-- A once-callback that is called in normal work too.
INSERT INTO registration VALUES (105, 'once', 'InitOnceExecuteOnce', 103, 0x1244);
