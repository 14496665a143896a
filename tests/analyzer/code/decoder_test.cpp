// What the decoder says of single instructions on its three machines: flow, fields, memory operands.
#include "tests/analyzer/code/assembled_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::analyzer::test {

namespace {

using Kind = EncodedField::Kind;

struct FlowCase {
  std::string line;
  Flow flow;
};

void expectFlows(Machine machine, const std::vector<FlowCase> &cases) {
  std::vector<std::string> lines;
  for (const FlowCase &one : cases)
    lines.push_back(one.line);
  const auto decoded = decodeLines(machine, lines);
  for (size_t i = 0; i < cases.size(); ++i)
    EXPECT_EQ(decoded[i].instruction.flow, cases[i].flow) << cases[i].line;
}

TEST(Decoder, TellsWhereControlGoesOnArm64) {
  expectFlows(Machine::arm64, {{"ret", Flow::stop},
                               {"retaa", Flow::stop},
                               {"retab", Flow::stop},
                               {"brk #0xf000", Flow::stop},
                               {"brk #0xf003", Flow::stop},
                               {"udf #0", Flow::stop},
                               {"hlt #1", Flow::stop},
                               {"eret", Flow::stop},
                               {"b #0x40", Flow::branch},
                               {"br x16", Flow::indirectBranch},
                               {"braa x16, x17", Flow::indirectBranch},
                               {"bl #0x40", Flow::call},
                               {"blr x8", Flow::indirectCall},
                               {"blraaz x8", Flow::indirectCall},
                               {"b.eq #0x40", Flow::conditionalBranch},
                               {"cbz x0, #0x40", Flow::conditionalBranch},
                               {"cbnz w0, #0x40", Flow::conditionalBranch},
                               {"tbz x0, #33, #0x40", Flow::conditionalBranch},
                               {"tbnz w0, #3, #-0x40", Flow::conditionalBranch},
                               {"svc #0", Flow::next},
                               {"nop", Flow::next},
                               {"adr x0, #0x40", Flow::next},
                               {"ldr x0, [x1]", Flow::next}});
}

TEST(Decoder, TellsWhereControlGoesOnX64AndX86) {
  for (const Machine machine : {Machine::x64, Machine::x86})
    expectFlows(machine, {{"ret", Flow::stop},
                          {"ret 8", Flow::stop},
                          {"int3", Flow::stop},
                          {"ud2", Flow::stop},
                          {"jmp . + 64", Flow::branch},
                          {"jmp . + 4096", Flow::branch},
                          {"call . + 64", Flow::call},
                          {"jne . + 64", Flow::conditionalBranch},
                          {"jne . + 4096", Flow::conditionalBranch},
                          {"loop . + 64", Flow::conditionalBranch},
                          {"nop", Flow::next},
                          {"lock add dword ptr [esp], 1", Flow::next}});
  expectFlows(Machine::x64, {{"jmp rax", Flow::indirectBranch},
                             {"jmp [rip + 64]", Flow::indirectBranch},
                             {"call rax", Flow::indirectCall},
                             {"call [rip + 64]", Flow::indirectCall}});
  expectFlows(Machine::x86, {{"jmp eax", Flow::indirectBranch},
                             {"jmp dword ptr [eax*4 + 64]", Flow::indirectBranch},
                             {"call dword ptr [esi]", Flow::indirectCall}});
}

struct FieldCase {
  std::string line;
  Kind kind;
  FieldForm form;
  int64_t value; // of what is relative: counted from the instruction
};

TEST(Decoder, FindsTheFieldsOfArm64Instructions) {
  const std::vector<FieldCase> cases = {
      {"b #-0x40", Kind::branchTarget, FieldForm::arm64Branch26, -0x40},
      {"bl #0x7fffffc", Kind::branchTarget, FieldForm::arm64Branch26, 0x7fffffc},
      {"b.ne #-0x100", Kind::branchTarget, FieldForm::arm64Branch19, -0x100},
      {"cbz x3, #0xffffc", Kind::branchTarget, FieldForm::arm64Branch19, 0xffffc},
      {"tbnz x3, #40, #0x7ffc", Kind::branchTarget, FieldForm::arm64Branch14, 0x7ffc},
      {"tbz w3, #4, #-0x8000", Kind::branchTarget, FieldForm::arm64Branch14, -0x8000},
      {"adr x3, #0x12345", Kind::ripRelative, FieldForm::arm64Address21, 0x12345},
      {"adr x3, #-3", Kind::ripRelative, FieldForm::arm64Address21, -3},
      {"ldr x3, #0x1000", Kind::ripRelative, FieldForm::arm64Literal19, 0x1000},
      {"ldr q3, #-0x10", Kind::ripRelative, FieldForm::arm64Literal19, -0x10},
      {"ldrsw x3, #0x20", Kind::ripRelative, FieldForm::arm64Literal19, 0x20},
      {"add x0, x1, #0x123", Kind::number, FieldForm::arm64Offset12, 0x123},
      {"add x0, x1, #0x123, lsl #12", Kind::number, FieldForm::arm64Offset12, 0x123000},
      {"sub sp, sp, #0x40", Kind::number, FieldForm::arm64Offset12, 0x40},
      {"cmp w8, #7", Kind::number, FieldForm::arm64Offset12, 7},
      {"ldr x0, [x1, #0x7ff8]", Kind::number, FieldForm::arm64Offset12, 0x7ff8},
      {"ldrb w0, [x1, #0xfff]", Kind::number, FieldForm::arm64Offset12, 0xfff},
      {"str q0, [x1, #0x30]", Kind::number, FieldForm::arm64Offset12, 0x30},
      {"prfm pldl1keep, [x1, #0x18]", Kind::number, FieldForm::arm64Offset12, 0x18},
      {"ldur x0, [x1, #-8]", Kind::number, FieldForm::arm64Offset9, -8},
      {"str x0, [sp, #-16]!", Kind::number, FieldForm::arm64Offset9, -16},
      {"ldr w0, [x1], #4", Kind::number, FieldForm::arm64Offset9, 4},
      {"stp x29, x30, [sp, #-0x50]!", Kind::number, FieldForm::arm64Offset7, -0x50},
      {"ldp q0, q1, [sp, #0x20]", Kind::number, FieldForm::arm64Offset7, 0x20},
      {"ldpsw x0, x1, [x2, #-4]", Kind::number, FieldForm::arm64Offset7, -4},
      {"mov w0, #0xabcd", Kind::number, FieldForm::arm64Move16, 0xabcd},
      {"movk x0, #0x12, lsl #48", Kind::number, FieldForm::arm64Move16, 0x12},
      {"and x0, x1, #0xff", Kind::number, FieldForm::arm64Bitmask13, 0x1007},
  };
  std::vector<std::string> lines;
  for (const FieldCase &one : cases)
    lines.push_back(one.line);
  const auto decoded = decodeLines(Machine::arm64, lines);
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].line);
    EXPECT_EQ(decoded[i].instruction.fieldCount, 1);
    const EncodedField &field = decoded[i].field();
    EXPECT_EQ(field.kind, cases[i].kind);
    EXPECT_EQ(field.form, cases[i].form);
    EXPECT_EQ(field.value, cases[i].value + (field.kind == Kind::number ? 0 : int64_t{decoded[i].instruction.rva}));
  }
}

TEST(Decoder, FindsThePageOfAnAdrp) {
  const auto decoded = decodeLines(Machine::arm64, {"nop", "adrp x8, #0x7000", "adrp x8, #-0x3000"});
  EXPECT_EQ(decoded[1].field().kind, Kind::page);
  EXPECT_EQ(decoded[1].field().form, FieldForm::arm64Address21);
  EXPECT_EQ(decoded[1].field().value, codeBegin + 0x7000);
  EXPECT_EQ(decoded[2].field().value, codeBegin - 0x3000);
}

TEST(Decoder, FindsNoFieldInArm64InstructionsWithoutNumbers) {
  for (const DecodedLine &line :
       decodeLines(Machine::arm64, {"ret", "add x0, x1, x2", "ldr x0, [x1, x2]", "ldadd x0, x1, [x2]", "ldxr x0, [x1]",
                                    "ld1 {v0.16b}, [x0]", "fmov s0, #1.0", "sxtw x0, w1", "blr x8"}))
    EXPECT_EQ(line.instruction.fieldCount, 0) << line.source;
}

TEST(Decoder, FindsTheFieldsOfX64Instructions) {
  const auto decoded = decodeLines(Machine::x64, {"mov qword ptr [rip + 0x100], 0x1234567", "movabs rax, 0x140001000",
                                                  "lock cmpxchg dword ptr [rip - 0x20], ecx", "mov eax, [rbp - 8]",
                                                  "imul eax, dword ptr [rcx + rdx*4 + 0x11d40], 100"});
  const Instruction &store = decoded[0].instruction;
  EXPECT_EQ(store.fieldCount, 2);
  EXPECT_EQ(decoded[0].field(0).kind, Kind::ripRelative);
  EXPECT_EQ(decoded[0].field(0).value, store.end() + 0x100);
  EXPECT_EQ(decoded[0].field(0).offset, 3);
  EXPECT_EQ(decoded[0].field(1).kind, Kind::number);
  EXPECT_EQ(decoded[0].field(1).value, 0x1234567);
  EXPECT_EQ(decoded[0].field(1).offset, 7);
  EXPECT_EQ(decoded[1].field().size, 8);
  EXPECT_EQ(decoded[1].field().value, 0x140001000);
  EXPECT_EQ(decoded[2].field().kind, Kind::ripRelative);
  EXPECT_EQ(decoded[2].field().value, decoded[2].instruction.end() - 0x20);
  EXPECT_EQ(decoded[2].field().offset, 4); // behind `lock`
  EXPECT_EQ(decoded[3].field().value, -8);
  EXPECT_EQ(decoded[3].field().size, 1);
  EXPECT_EQ(decoded[4].field(0).value, 0x11d40);
  EXPECT_EQ(decoded[4].field(1).value, 100);
}

TEST(Decoder, FindsBothImmediatesOfAnInstruction) {
  const DecodedLine enter = decodeLine(Machine::x64, "enter 0x1234, 5");
  EXPECT_EQ(enter.field(0).offset, 1);
  EXPECT_EQ(enter.field(0).size, 2);
  EXPECT_EQ(enter.field(0).value, 0x1234);
  EXPECT_EQ(enter.field(1).offset, 3);
  EXPECT_EQ(enter.field(1).size, 1);
  EXPECT_EQ(enter.field(1).value, 5);
  const DecodedLine farCall = decodeLine(Machine::x86, ".byte 0x9a, 0x00, 0x10, 0x40, 0x00, 0x33, 0x00");
  EXPECT_EQ(farCall.field(0).offset, 1);
  EXPECT_EQ(farCall.field(0).size, 4);
  EXPECT_EQ(farCall.field(0).value, 0x401000);
  EXPECT_EQ(farCall.field(1).offset, 5);
  EXPECT_EQ(farCall.field(1).size, 2);
  EXPECT_EQ(farCall.instruction.flow, Flow::indirectCall);
}

TEST(Decoder, FindsTheFieldsOfX86Instructions) {
  const auto decoded =
      decodeLines(Machine::x86, {"mov eax, dword ptr [0x403000]", "mov dword ptr [0x403004], 0x401000", "push 0x402000",
                                 "jmp dword ptr [eax*4 + 0x402010]", "call . + 0x100"});
  EXPECT_EQ(decoded[0].field().kind, Kind::number);
  EXPECT_EQ(decoded[0].field().value, 0x403000);
  EXPECT_EQ(decoded[0].field().size, 4);
  EXPECT_EQ(decoded[1].field(0).value, 0x403004);
  EXPECT_EQ(decoded[1].field(1).value, 0x401000);
  EXPECT_EQ(decoded[2].field().value, 0x402000);
  EXPECT_EQ(decoded[3].field().value, 0x402010);
  EXPECT_EQ(decoded[4].field().kind, Kind::branchTarget);
  EXPECT_EQ(decoded[4].field().value, decoded[4].instruction.rva + 0x100);
}

struct MemoryCase {
  std::string line;
  int width;
  bool hasIndex = false;
};

void expectMemory(Machine machine, const std::vector<MemoryCase> &cases) {
  std::vector<std::string> lines;
  for (const MemoryCase &one : cases)
    lines.push_back(one.line);
  const auto decoded = decodeLines(machine, lines);
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(int{decoded[i].instruction.accessWidth}, cases[i].width) << cases[i].line;
    EXPECT_EQ(decoded[i].instruction.hasIndexRegister, cases[i].hasIndex) << cases[i].line;
  }
}

TEST(Decoder, KnowsTheWidthOfX64MemoryOperands) {
  expectMemory(Machine::x64, {{"movzx eax, byte ptr [rcx]", 1},
                              {"mov word ptr [rcx], ax", 2},
                              {"mov eax, dword ptr [rcx + rdx*4]", 4, true},
                              {"mov rax, qword ptr [rip + 64]", 8},
                              {"fld tbyte ptr [rcx]", 10},
                              {"movups xmm0, xmmword ptr [rcx]", 16},
                              {"vmovups ymm0, ymmword ptr [rcx + rax]", 32, true},
                              {"vmovups zmm0, zmmword ptr [rcx]", 64},
                              {"vaddps zmm0, zmm1, dword ptr [rcx]{1to16}", 4},
                              {"vgatherdps ymm0, ymmword ptr [rcx + ymm1*4], ymm2", 32, true},
                              {"lock cmpxchg16b xmmword ptr [rcx]", 16},
                              {"movsb", 1},
                              {"call qword ptr [rip + 64]", 8},
                              {"mov eax, dword ptr [rsp + 8]", 4}, // a SIB byte without an index
                              {".byte 0x8b, 0x04, 0x20", 4},       // [rax + riz]: a SIB byte without need
                              {"lea rax, [rcx + rdx*8 + 64]", 0, true},
                              {"lea rax, [rip + 64]", 0},
                              {"nop dword ptr [rax + rax]", 0, true},
                              {"prefetcht0 byte ptr [rax]", 0},
                              {"add rax, rcx", 0}});
}

TEST(Decoder, KnowsTheWidthOfX86MemoryOperands) {
  expectMemory(Machine::x86, {{"mov eax, dword ptr [0x403000]", 4},
                              {"mov al, byte ptr [ecx + edx]", 1, true},
                              {".byte 0x8b, 0x04, 0x20", 4},
                              {"jmp dword ptr [eax*4 + 0x402010]", 4, true},
                              {"fld qword ptr [esp]", 8},
                              {"lea eax, [ecx + edx*2]", 0, true}});
}

TEST(Decoder, KnowsTheWidthOfArm64MemoryOperands) {
  expectMemory(Machine::arm64, {{"ldrb w0, [x1]", 1},
                                {"ldrsh x0, [x1, #2]", 2},
                                {"str w0, [x1, x2, lsl #2]", 4, true},
                                {"ldr x0, [x1, w2, sxtw]", 8, true},
                                {"ldr b0, [x1]", 1},
                                {"ldr s0, [x1]", 4},
                                {"str q0, [x1, #16]", 16},
                                {"ldur q0, [x1, #-16]", 16},
                                {"ldp w0, w1, [x2]", 8},
                                {"ldpsw x0, x1, [x2]", 8},
                                {"stp x29, x30, [sp, #-16]!", 16},
                                {"stp q0, q1, [x2]", 32},
                                {"ldr w0, #64", 4},
                                {"ldr x0, #64", 8},
                                {"ldr q0, #64", 16},
                                {"ldrsw x0, #64", 4},
                                {"ldaxr w0, [x1]", 4},
                                {"stlxr w0, x1, [x2]", 8},
                                {"ldaxp x0, x1, [x2]", 16},
                                {"casal w0, w1, [x2]", 4},
                                {"caspal x0, x1, x2, x3, [x4]", 16},
                                {"casp w0, w1, w2, w3, [x4]", 8},
                                {"ldaddal x0, x1, [x2]", 8},
                                {"swpb w0, w1, [x2]", 1},
                                {"ldapr x0, [x1]", 8},
                                {"ldapurh w0, [x1, #1]", 2},
                                {"stlur x0, [x1, #8]", 8},
                                {"ldraa x0, [x1]", 8},
                                {"ld64b x0, [x2]", 64},
                                {"ld1 {v0.16b}, [x0]", 16},
                                {"st1 {v0.8b, v1.8b}, [x0], #16", 16},
                                {"ld4 {v0.4s, v1.4s, v2.4s, v3.4s}, [x0]", 64},
                                {"ld1 {v0.s}[1], [x0]", 4},
                                {"ld1 {v0.d}[1], [x0]", 8},
                                {"ld2r {v0.4h, v1.4h}, [x0]", 4},
                                {"st3 {v0.b, v1.b, v2.b}[9], [x0]", 3},
                                {"adr x0, #64", 0},
                                {"add x0, x1, #64", 0},
                                {"prfm pldl1keep, [x1, x2]", 0, true},
                                {"prfm pldl1keep, #64", 0}});
}

struct WriteCase {
  std::string line;
  std::vector<unsigned> registers;
};

TEST(Decoder, KnowsWhichRegistersAnArm64InstructionWrites) {
  const std::vector<WriteCase> cases = {{"add x0, x1, x2", {0}},
                                        {"mov w30, w3", {30}},
                                        {"adrp x29, #0x1000", {29}},
                                        {"cmp x0, x1", {}},
                                        {"mov sp, x8", {}},
                                        {"str x0, [x1, #8]", {}},
                                        {"str x0, [x1, #8]!", {1}},
                                        {"str x0, [x1], #8", {1}},
                                        {"ldr w3, [x1], #8", {1, 3}},
                                        {"ldp x3, x4, [x5], #16", {3, 4, 5}},
                                        {"stp x3, x4, [x5, #-16]!", {5}},
                                        {"ldr q3, [x1]", {}},
                                        {"ld1 {v0.16b}, [x7], #16", {7}},
                                        {"fmov x9, d8", {9}},
                                        {"fadd d8, d8, d9", {}},
                                        {"stlxr w9, x1, [x2]", {9}},
                                        {"casp x0, x1, x2, x3, [x4]", {0, 1}},
                                        {"movk x8, #1, lsl #16", {8}},
                                        {"br x8", {}}};
  std::vector<std::string> lines;
  for (const WriteCase &one : cases)
    lines.push_back(one.line);
  const auto decoded = decodeLines(Machine::arm64, lines);
  for (size_t i = 0; i < cases.size(); ++i) {
    uint32_t expected = 0;
    for (const unsigned number : cases[i].registers)
      expected |= 1U << number;
    EXPECT_EQ(decoded[i].instruction.writtenRegisters, expected) << cases[i].line;
  }
}

TEST(Decoder, WritesRelativeTargetsAsRvas) {
  EXPECT_EQ(decodeLine(Machine::arm64, "bl #0x40").text, "bl 0x10040");
  EXPECT_EQ(decodeLine(Machine::arm64, "adrp x8, #0x7000").text, "adrp x8, 0x17000");
  EXPECT_EQ(decodeLine(Machine::x86, "call . + 0x40").text, "call 0x10040");
  EXPECT_EQ(decodeLine(Machine::x64, "call . + 0x40").text, "call 0x10040");
  EXPECT_EQ(decodeLine(Machine::x64, "lock inc dword ptr [rax]").text, "lock inc dword ptr [rax]");
}

TEST(Decoder, RefusesBytesThatAreNoInstruction) {
  Instruction instruction;
  for (const Machine machine : {Machine::x64, Machine::x86, Machine::arm64}) {
    auto decoder = Decoder::create(machine);
    EXPECT_FALSE(decoder->decode({}, codeBegin, instruction));
    const std::vector<uint8_t> prefixes(16, 0x66);
    if (machine != Machine::arm64)
      EXPECT_FALSE(decoder->decode(prefixes, codeBegin, instruction));
    EXPECT_FALSE(decoder->decode(std::vector<uint8_t>(3, 0x0F), codeBegin, instruction)); // ends inside one
    EXPECT_TRUE(instruction.encodedFields().empty());
  }
}

} // namespace

} // namespace hotgate::analyzer::test
