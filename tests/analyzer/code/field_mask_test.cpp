// What a field covers is exactly what may change without changing the instruction: every bit inside a field, and no
// bit outside of it.
#include "tests/analyzer/code/assembled_code.h"

#include <gtest/gtest.h>

namespace hotgate::analyzer::test {

namespace {

const std::vector<std::string> &arm64Lines() {
  static const std::vector<std::string> lines = {"b #0x40",
                                                 "bl #-0x40",
                                                 "b.eq #0x40",
                                                 "cbz x3, #0x40",
                                                 "cbnz w3, #0x40",
                                                 "tbz w3, #4, #0x40",
                                                 "tbnz x3, #40, #0x40",
                                                 "adr x3, #0x1235",
                                                 "adrp x3, #0x5000",
                                                 "ldr x3, #0x40",
                                                 "ldr q3, #0x40",
                                                 "ldrsw x3, #0x40",
                                                 "add x8, x8, #0x123",
                                                 "sub sp, sp, #0x40",
                                                 "cmp w8, #7",
                                                 "ldr x9, [x8, #0x18]",
                                                 "strb w9, [x8, #0x18]",
                                                 "ldr q0, [x8, #0x20]",
                                                 "ldur x9, [x8, #-8]",
                                                 "str x9, [sp, #-16]!",
                                                 "ldr w9, [x8], #4",
                                                 "stp x29, x30, [sp, #-0x50]!",
                                                 "ldp q0, q1, [sp, #0x20]",
                                                 "ldpsw x0, x1, [x2, #4]",
                                                 "mov x9, #0xabcd",
                                                 "movk x9, #0x12, lsl #48",
                                                 "movn w9, #3",
                                                 "and x9, x8, #0xff",
                                                 "orr w9, w8, #0xf0",
                                                 "tst x8, #1"};
  return lines;
}

std::vector<uint8_t> withFlippedBit(std::vector<uint8_t> bytes, size_t bit) {
  bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
  return bytes;
}

struct Decoded {
  bool isInstruction = false;
  Instruction instruction;
  std::string text;
};

Decoded decoded(Decoder &decoder, const std::vector<uint8_t> &bytes) {
  Decoded result;
  result.isInstruction = decoder.decodeWithText(bytes, codeBegin, result.instruction, result.text);
  return result;
}

bool hasSameShape(const Instruction &a, const Instruction &b) {
  if (a.opcode != b.opcode || a.size != b.size || a.fieldCount != b.fieldCount || a.flow != b.flow ||
      a.accessWidth != b.accessWidth || a.hasIndexRegister != b.hasIndexRegister ||
      a.writtenRegisters != b.writtenRegisters)
    return false;
  for (size_t i = 0; i < a.fieldCount; ++i)
    if (a.fields[i].kind != b.fields[i].kind || a.fields[i].form != b.fields[i].form ||
        a.fields[i].offset != b.fields[i].offset || a.fields[i].size != b.fields[i].size)
      return false;
  return true;
}

TEST(FieldMask, CoversTheWholeNumberOfAnArm64Instruction) {
  auto decoder = Decoder::create(Machine::arm64);
  for (const DecodedLine &line : decodeLines(Machine::arm64, arm64Lines())) {
    const FieldForm form = line.field().form;
    const Decoded before = decoded(*decoder, line.bytes);
    for (size_t bit = 0; bit < 32; ++bit) {
      if ((fieldBits(form) >> bit & 1) == 0)
        continue;
      SCOPED_TRACE(fmt::format("{} with bit {} flipped", line.source, bit));
      const Decoded after = decoded(*decoder, withFlippedBit(line.bytes, bit));
      if (!after.isInstruction && form == FieldForm::arm64Bitmask13)
        continue; // not every pattern is a bitmask
      ASSERT_TRUE(after.isInstruction);
      EXPECT_TRUE(hasSameShape(before.instruction, after.instruction)) << after.text;
      EXPECT_NE(before.instruction.fields[0].value, after.instruction.fields[0].value);
    }
  }
}

TEST(FieldMask, CoversNothingElseOfAnArm64Instruction) {
  auto decoder = Decoder::create(Machine::arm64);
  for (const DecodedLine &line : decodeLines(Machine::arm64, arm64Lines())) {
    const Decoded before = decoded(*decoder, line.bytes);
    for (size_t bit = 0; bit < 32; ++bit) {
      if ((fieldBits(line.field().form) >> bit & 1) != 0)
        continue;
      const Decoded after = decoded(*decoder, withFlippedBit(line.bytes, bit));
      if (after.isInstruction)
        EXPECT_NE(before.text, after.text) << line.source << " with bit " << bit << " flipped";
    }
  }
}

class FieldMaskOfBytes : public testing::TestWithParam<Machine> {};

TEST_P(FieldMaskOfBytes, CoversWholeNumbers) {
  auto decoder = Decoder::create(GetParam());
  const std::vector<std::string> lines = {"mov eax, dword ptr [ecx + 0x40]",
                                          "mov dword ptr [ecx + 0x12345678], 0x1234",
                                          "imul eax, dword ptr [ecx + edx*4 + 0x1000], 100",
                                          "lock add dword ptr [esp + 8], 1",
                                          "push 0x402000",
                                          "call . + 0x40",
                                          "jne . + 0x1000",
                                          "jmp . + 0x10",
                                          "enter 0x1234, 5",
                                          "ret 8",
                                          "vaddps ymm0, ymm1, ymmword ptr [ecx + 0x1000]",
                                          "vpshufd zmm0, zmm1, 3",
                                          "pshufd xmm0, xmmword ptr [ecx + 0x40], 3"};
  for (const DecodedLine &line : decodeLines(GetParam(), lines)) {
    ASSERT_NE(line.instruction.fieldCount, 0) << line.source;
    for (const EncodedField &field : line.instruction.encodedFields())
      for (size_t bit = size_t{field.offset} * 8; bit < (size_t{field.offset} + field.size) * 8; ++bit) {
        SCOPED_TRACE(fmt::format("{} with bit {} flipped", line.source, bit));
        const Decoded after = decoded(*decoder, withFlippedBit(line.bytes, bit));
        ASSERT_TRUE(after.isInstruction);
        EXPECT_TRUE(hasSameShape(line.instruction, after.instruction)) << after.text;
        EXPECT_NE(line.text, after.text);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, FieldMaskOfBytes, testing::Values(Machine::x64, Machine::x86),
                         [](const auto &info) { return std::string(machineName(info.param)); });

} // namespace

} // namespace hotgate::analyzer::test
