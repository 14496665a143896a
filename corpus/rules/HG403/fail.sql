-- expect: dhcpsrv.exe!bcrypt.dll
-- says: BCryptGenRandom, BCryptOpenAlgorithmProvider
INSERT INTO import VALUES (2, 'bcrypt.dll', 'BCryptOpenAlgorithmProvider', 0), (2, 'bcrypt.dll', 'BCryptGenRandom', 0);
