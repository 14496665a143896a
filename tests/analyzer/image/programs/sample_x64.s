// What C cannot say: unwind data with a two-link chain and a handler, and a load configuration with guard tables.
  .text
  .globl primary, primaryEnd, fragment, secondFragment, handler
primary:
  pushq %rbx
  nop
  popq %rbx
  retq
primaryEnd:
  int3
fragment:
  nop
  jmp primary
fragmentEnd:
  int3
secondFragment:
  nop
  nop
  jmp primary
secondFragmentEnd:
  int3
handler:
  xorl %eax, %eax
  retq

guardCheck:
  retq
guardDispatch:
  jmpq *%rax

  .section .xdata,"dr"
  .p2align 2
primaryUnwind: // version 1, EHANDLER, prologue 1 byte, 1 code (and one to fill), then the handler
  .byte 0x09, 1, 1, 0
  .byte 1, 0x30, 0, 0
  .rva handler
  .long 0
fragmentUnwind: // version 1, CHAININFO, no codes, then the RUNTIME_FUNCTION of primary
  .byte 0x21, 0, 0, 0
  .rva primary, primaryEnd, primaryUnwind
secondFragmentUnwind: // chained to the fragment, which is itself chained
  .byte 0x21, 0, 0, 0
  .rva fragment, fragmentEnd, fragmentUnwind

  .section .pdata,"dr"
  .p2align 2
  .rva primary, primaryEnd, primaryUnwind
  .rva fragment, fragmentEnd, fragmentUnwind
  .rva secondFragment, secondFragmentEnd, secondFragmentUnwind

  .data
  .p2align 3
  .globl __security_cookie
__security_cookie:
  .quad 0x2B992DDFA232

  .section .00cfg,"dr"
  .p2align 3
  .globl __guard_check_icall_fptr, __guard_dispatch_icall_fptr
__guard_check_icall_fptr:
  .quad guardCheck
__guard_dispatch_icall_fptr:
  .quad guardDispatch

  .section .rdata,"dr"
  .p2align 4
  .globl _load_config_used
_load_config_used:
  .long 0x140
  .zero 0x54
  .quad __security_cookie              // 0x58
  .zero 0x10
  .quad __guard_check_icall_fptr       // 0x70
  .quad __guard_dispatch_icall_fptr    // 0x78
  .quad __guard_fids_table             // 0x80
  .quad __guard_fids_count             // 0x88
  .long __guard_flags                  // 0x90
  .zero 0x140 - 0x94
