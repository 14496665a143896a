# An IMAGE_LOAD_CONFIG_DIRECTORY64 that reaches HotPatchTableOffset (0xF0), otherwise empty.
    .section .rdata,"dr"
    .globl _load_config_used
    .p2align 3
_load_config_used:
    .long 0x140
    .fill 0x13C, 1, 0
