-- The base depends on it too, and the update no longer does.
INSERT INTO import VALUES (1, 'bcrypt.dll', 'BCryptGenRandom', 0);
