-- The hotpatch image was compiled with reference slots and the update without, and the bodies do not match step by step.
-- expect: dhcpsrv.exe!ProcessRenew
-- says: a branch leads to another step
UPDATE hotpatch_pair SET status = 'changed' WHERE hotpatch = 305;
INSERT INTO slot_proof VALUES (305, 0, 'a branch leads to another step (RVA 0x1633)');
INSERT INTO slot_listing VALUES (305, 0, 0x1628, 'mov ecx, dword ptr [g_leases]', 0x1628, 'mov rax, qword ptr [__ref_g_leases]', 1),
                                (305, 1, NULL, NULL, 0x162f, 'mov ecx, dword ptr [rax]', 1);
