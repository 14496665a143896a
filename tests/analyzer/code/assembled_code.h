// Machine code that clang-19 assembles inside a test, one instruction a line, so that a test says in assembly what it
// decodes. Without clang-19 the test fails.
#pragma once

#include "analyzer/code/decoder.h"

#include <string>
#include <vector>

namespace hotgate::analyzer::test {

// Where assembled code is said to lie.
constexpr uint32_t codeBegin = 0x10000;

// x64 and x86 in Intel syntax; a branch may be relative to itself: "call . + 64".
std::vector<uint8_t> assemble(Machine machine, const std::vector<std::string> &lines);

struct DecodedLine {
  std::string source;
  std::vector<uint8_t> bytes;
  Instruction instruction;
  std::string text;

  [[nodiscard]] const EncodedField &field(size_t index = 0) const; // a failure when there is none
  [[nodiscard]] uint32_t word() const;                             // ARM64
};

// Assembles and decodes; a line that does not give exactly one instruction fails the test.
std::vector<DecodedLine> decodeLines(Machine machine, const std::vector<std::string> &lines);
DecodedLine decodeLine(Machine machine, const std::string &line);

} // namespace hotgate::analyzer::test
