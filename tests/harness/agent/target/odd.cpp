// Functions where no compiler would place them (subject.h). The padding is inside the section, so that the address of
// the function itself is odd.
#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

__asm__(R"(
    .section .text,"xr",one_only,Odd
    .globl Odd
    .p2align 4
    .fill 15, 1, 0xCC
Odd:
    leal )" TEXT(VERSION) R"((%rcx), %eax
    retq

    .section .text,"xr",one_only,OddToo
    .globl OddToo
    .p2align 4
    .fill 15, 1, 0xCC
OddToo:
    leal )" TEXT(VERSION) R"((%rcx), %eax
    retq

    .section .text,"xr",one_only,Unpadded
    .globl Unpadded
    .p2align 4
    .fill 10, 1, 0xCC
    movl $99, %edx
    .byte 0xC3
Unpadded:
    movl $)" TEXT(VERSION) R"(, %eax
    retq
)");
