// Functions with both kinds of ARM64 unwind data: an .xdata record with a handler, and a packed entry.
  .text
  .globl described, describedEnd, packed, packedEnd, handler
  .p2align 2
described:
  nop
  nop
  nop
  nop
  ret
describedEnd:
  nop
packed:
  nop
  nop
  ret
packedEnd:
  nop
handler:
  mov w0, #0
  ret

  .section .xdata,"dr"
  .p2align 2
describedUnwind: // length 5 words, version 0, X, no E, 1 epilogue scope, 1 code word; scope; codes; handler
  .long 5 | 1 << 20 | 1 << 22 | 1 << 27
  .long 4
  .byte 0xE4, 0xE3, 0xE3, 0xE3
  .rva handler
  .long 0

  .section .pdata,"dr"
  .p2align 2
  .rva described, describedUnwind
  .rva packed
  .long 1 | 3 << 2
