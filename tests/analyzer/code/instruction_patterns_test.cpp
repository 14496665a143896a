// decode() reads most instructions by patterns that it has learnt; decodeWithText() always asks LLVM. Both must say the
// same of any bytes.
#include "tests/analyzer/code/assembled_code.h"

#include <gtest/gtest.h>
#include <random>

namespace hotgate::analyzer::test {

namespace {

class Bytes {
public:
  uint8_t next() { return static_cast<uint8_t>(engine_()); }
  uint32_t below(uint32_t limit) { return engine_() % limit; }

private:
  std::mt19937 engine_{20260214}; // the same bytes every time
};

// Bytes that begin as instructions do: drawn at random, they would hardly ever reach the rarer maps.
std::vector<uint8_t> x86Beginning(Bytes &bytes) {
  static const std::vector<std::vector<uint8_t>> beginnings = {{},
                                                               {0x0F},
                                                               {0x48},
                                                               {0x66},
                                                               {0x66, 0x0F},
                                                               {0xF2, 0x0F},
                                                               {0xF3, 0x0F},
                                                               {0x48, 0x0F},
                                                               {0x0F, 0x38},
                                                               {0x0F, 0x3A},
                                                               {0x66, 0x0F, 0x3A},
                                                               {0xF0},
                                                               {0xF3},
                                                               {0xC5},
                                                               {0xC4},
                                                               {0xC4, 0xE3},
                                                               {0x62},
                                                               {0x62, 0xF1},
                                                               {0x62, 0xF3, 0x7D},
                                                               {0x8F},
                                                               {0xD5},
                                                               {0x67},
                                                               {0x65},
                                                               {0x0F, 0x0F},
                                                               {0x80},
                                                               {0xC7},
                                                               {0x0F, 0x78},
                                                               {0x4C, 0x8D},
                                                               {0x48, 0x8B},
                                                               {0xF2},
                                                               {0x48, 0x66},
                                                               {0xC8},
                                                               {0x9A},
                                                               {0xA1},
                                                               {0xC4, 0xE3, 0x71, 0x48, 0xC2},
                                                               {0xC4, 0xE3, 0x71, 0x4B}};
  return beginnings[bytes.below(static_cast<uint32_t>(beginnings.size()))];
}

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes)
    text += fmt::format("{:02x} ", byte);
  return text;
}

void expectSame(const Instruction &learnt, const Instruction &asked) {
  EXPECT_EQ(learnt.rva, asked.rva);
  EXPECT_EQ(learnt.size, asked.size);
  EXPECT_EQ(learnt.flow, asked.flow);
  EXPECT_EQ(learnt.mayLoad, asked.mayLoad);
  EXPECT_EQ(learnt.mayStore, asked.mayStore);
  EXPECT_EQ(learnt.opcode, asked.opcode);
  EXPECT_EQ(learnt.accessWidth, asked.accessWidth);
  EXPECT_EQ(learnt.hasIndexRegister, asked.hasIndexRegister);
  EXPECT_EQ(learnt.writtenRegisters, asked.writtenRegisters);
  ASSERT_EQ(learnt.fieldCount, asked.fieldCount);
  for (size_t i = 0; i < learnt.fieldCount; ++i) {
    EXPECT_EQ(learnt.fields[i].kind, asked.fields[i].kind);
    EXPECT_EQ(learnt.fields[i].form, asked.fields[i].form);
    EXPECT_EQ(learnt.fields[i].offset, asked.fields[i].offset);
    EXPECT_EQ(learnt.fields[i].size, asked.fields[i].size);
    EXPECT_EQ(learnt.fields[i].value, asked.fields[i].value);
  }
}

class BothWays {
public:
  explicit BothWays(Machine machine) : learning_(*Decoder::create(machine)), asking_(*Decoder::create(machine)) {}

  // True when the bytes are an instruction.
  bool expectSameOf(std::span<const uint8_t> bytes) {
    Instruction learnt;
    Instruction asked;
    std::string text;
    const bool isKnown = learning_.decode(bytes, codeBegin, learnt);
    const bool isInstruction = asking_.decodeWithText(bytes, codeBegin, asked, text);
    SCOPED_TRACE(hex(bytes) + text);
    EXPECT_EQ(isKnown, isInstruction);
    if (isKnown && isInstruction)
      expectSame(learnt, asked);
    return isInstruction;
  }

private:
  Decoder learning_;
  Decoder asking_;
};

class InstructionPatternsOfBytes : public testing::TestWithParam<Machine> {};

TEST_P(InstructionPatternsOfBytes, SayWhatLlvmSays) {
  BothWays decoders(GetParam());
  Bytes random;
  size_t instructions = 0;
  for (int head = 0; head < 20'000 && !HasFailure(); ++head) {
    std::vector<uint8_t> bytes = x86Beginning(random);
    const size_t fixed = bytes.size() + random.below(4); // the head, more or less; what follows is drawn again
    while (bytes.size() < 16)
      bytes.push_back(random.next());
    for (int tail = 0; tail < 8; ++tail) {
      for (size_t i = fixed; i < bytes.size(); ++i)
        bytes[i] = tail == 0 ? 0 : random.next(); // zeros first: what hides most
      const size_t size = tail < 6 ? bytes.size() : random.below(static_cast<uint32_t>(bytes.size()));
      instructions += decoders.expectSameOf(std::span(bytes).first(size)) ? 1 : 0;
    }
  }
  EXPECT_GT(instructions, 40'000U);
}

INSTANTIATE_TEST_SUITE_P(Machines, InstructionPatternsOfBytes, testing::Values(Machine::x64, Machine::x86),
                         [](const auto &info) { return std::string(machineName(info.param)); });

TEST(InstructionPatternsOfWords, SayWhatLlvmSays) {
  BothWays decoders(Machine::arm64);
  Bytes random;
  size_t instructions = 0;
  for (int i = 0; i < 200'000 && !HasFailure(); ++i) {
    std::vector<uint8_t> word = {random.next(), random.next(), random.next(), random.next()};
    for (int similar = 0; similar < 2; ++similar) {
      instructions += decoders.expectSameOf(word) ? 1 : 0;
      word[1] = random.next(); // within most fields
    }
  }
  EXPECT_GT(instructions, 100'000U);
}

TEST(InstructionPatterns, TellSignedFromUnsignedNumbers) {
  auto decoder = Decoder::create(Machine::x64);
  const auto value = [&](std::vector<uint8_t> bytes) {
    Instruction instruction;
    EXPECT_TRUE(decoder->decode(bytes, codeBegin, instruction));
    return instruction.fields[0].value;
  };
  const auto addition = [&](uint8_t number) { return value({0x83, 0xC0, number}); };            // add eax, -1
  const auto shuffle = [&](uint8_t number) { return value({0x66, 0x0F, 0x70, 0xC1, number}); }; // pshufd
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(addition(0x7F), 0x7F);
    EXPECT_EQ(addition(0xFF), -1);
    EXPECT_EQ(shuffle(0x1B), 0x1B);
    EXPECT_EQ(shuffle(0xEE), 0xEE);
  }
}

} // namespace

} // namespace hotgate::analyzer::test
