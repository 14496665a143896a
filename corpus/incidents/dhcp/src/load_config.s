# IMAGE_LOAD_CONFIG_DIRECTORY64 in its full size. In assembly because the guard counts and flags are absolute symbols
# of the linker, which no C++ constant expression can hold. Offsets at the right; fields that are not named are 0.
    .section .rdata,"dr"
    .globl _load_config_used
    .p2align 3
_load_config_used:
    .long 0x140                         # 00 Size
    .fill 0x54, 1, 0                    # 04 TimeDateStamp .. ProcessHeapFlags, DependentLoadFlags, EditList
    .quad __security_cookie             # 58 SecurityCookie
    .fill 0x10, 1, 0                    # 60 SEHandlerTable, SEHandlerCount (32-bit images only)
    .quad __guard_check_icall_fptr      # 70 GuardCFCheckFunctionPointer
    .quad __guard_dispatch_icall_fptr   # 78 GuardCFDispatchFunctionPointer
    .quad __guard_fids_table            # 80 GuardCFFunctionTable
    .quad __guard_fids_count            # 88 GuardCFFunctionCount
    .long __guard_flags                 # 90 GuardFlags
    .fill 0xC, 1, 0                     # 94 CodeIntegrity
    .quad __guard_iat_table             # A0 GuardAddressTakenIatEntryTable
    .quad __guard_iat_count             # A8 GuardAddressTakenIatEntryCount
    .quad __guard_longjmp_table         # B0 GuardLongJumpTargetTable
    .quad __guard_longjmp_count         # B8 GuardLongJumpTargetCount
    .fill 0x30, 1, 0                    # C0 DynamicValueRelocTable .. GuardRFVerifyStackPointerFunctionPointer, Reserved
    .long 0                             # F0 HotPatchTableOffset: make_hotpatch writes it
    .fill 0x14, 1, 0                    # F4 Reserved3, EnclaveConfigurationPointer, VolatileMetadataPointer
    .quad __guard_eh_cont_table         # 108 GuardEHContinuationTable
    .quad __guard_eh_cont_count         # 110 GuardEHContinuationCount
    .fill 0x28, 1, 0                    # 118 GuardXFG*, CastGuardOsDeterminedFailureMode, GuardMemcpyFunctionPointer
