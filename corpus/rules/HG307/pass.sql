-- ProcessRenew takes a lock of its own, and nobody holds one at the call. ParseOptions takes none any more, and no caller instead.
-- AppendOption comes back with a lock, and only redirected code calls it.
INSERT INTO contract_change VALUES (105, 205, 'locks taken', '0', '1', 1), (104, 204, 'locks taken', '1', '0', 0),
                                   (106, 206, 'lock balance', '0', '+1', 1);
INSERT INTO border_call VALUES (103, 105, 0x1240, 0, 0), (203, 205, 0x1240, 0, 0), (103, 104, 0x1220, 0, 0), (203, 204, 0x1220, 0, 0),
                               (104, 106, 0x1440, 1, 1);
