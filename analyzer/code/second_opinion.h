// A second decoder's opinion of a function: Capstone reads what LLVM has read, and every difference is noted.
//
// LLVM decodes and decides; nothing here changes what a function is. A difference means that one of the two is wrong
// about the bytes: mostly Capstone, whose version 4.0.2 reads some newer encodings as older instructions, and knows
// others not at all. Where LLVM itself fails, the rest of that range is not looked at: Function::undecodableAt says so.
//
// Compared are the boundaries and the operation (operation_names.h), not the operands.
#pragma once

#include "analyzer/code/program.h"
#include "support/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

struct DecoderDisagreement {
  enum class Kind : uint8_t {
    boundary,  // the two read a different number of bytes
    operation, // the same bytes, another instruction
    unknown,   // the second decoder reads no instruction there
  };
  uint32_t rva = 0;
  Kind kind = Kind::operation;
  std::string llvmText;
  std::string capstoneText; // "" when unknown
};
[[nodiscard]] std::string_view disagreementKindName(DecoderDisagreement::Kind kind);

struct SecondOpinion {
  uint32_t instructions = 0;
  uint32_t contradicted = 0; // boundary or operation
  uint32_t unknown = 0;
  // By RVA; the first 16 that are contradicted and the first 16 that are unknown.
  std::vector<DecoderDisagreement> places;
  [[nodiscard]] bool disagrees() const { return contradicted != 0 || unknown != 0; }
};

// One thread's pair of decoders.
class SecondDecoder {
public:
  // Errors: input, for a machine that is not decoded; fault, when Capstone cannot do its part.
  static Result<SecondDecoder> create(Machine machine);
  SecondDecoder(SecondDecoder &&) noexcept;
  SecondDecoder &operator=(SecondDecoder &&) noexcept;
  ~SecondDecoder();

  [[nodiscard]] SecondOpinion on(const Program &program, const Function &function);
  [[nodiscard]] SecondOpinion on(std::span<const uint8_t> bytes, uint32_t rva);

  static std::string name(); // "Capstone 4.0.2"

private:
  struct Machinery;
  explicit SecondDecoder(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

} // namespace hotgate::analyzer
