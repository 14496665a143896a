-- Evidence that no rule of this KB asks for is no gap.
INSERT INTO evidence VALUES ('emulation', '', 0, 'not part of this run');
