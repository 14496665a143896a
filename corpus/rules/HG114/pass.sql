-- Bound to the base by a record: no copy at all.
INSERT INTO state_reach VALUES (305, 'ProcessRenew');
INSERT INTO state_access VALUES (305, 0x1630, 0x5008, '__ref_g_leases', 'bound', 'absolute', 'g_leases', 'read', 'mov rax, qword ptr [rip + 0x39d1]');
