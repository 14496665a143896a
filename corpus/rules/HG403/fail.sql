-- expect: dhcpsrv.exe!bcrypt.dll
-- expect: dhcpsrv.exe!patchapi.dll
-- says: BCryptGenRandom, BCryptOpenAlgorithmProvider
INSERT INTO import VALUES (3, 'patchapi.dll', 'Begin', 0), (3, 'bcrypt.dll', 'BCryptGenRandom', 0),
  (2, 'bcrypt.dll', 'BCryptOpenAlgorithmProvider', 0), (2, 'bcrypt.dll', 'BCryptGenRandom', 0);
