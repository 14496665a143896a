#include "analyzer/code/forwarded_parameter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace hotgate::analyzer {

namespace {

constexpr int registerCount = 32;
constexpr std::array<std::string_view, 8> x64Legacy = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
constexpr std::array<int, 4> x64Arguments = {1, 2, 8, 9};           // rcx, rdx, r8, r9
constexpr std::array<int, 7> x64Volatile = {0, 1, 2, 8, 9, 10, 11}; // what a callee may overwrite
constexpr std::array<std::string_view, 8> x64NoResult = {"cmp", "test", "push", "call", "ret", "nop", "bt", "prefetch"};
// What has results that its operands do not name, in rax, rcx or rdx.
constexpr std::array<std::string_view, 10> x64Hidden = {"mul", "imul",  "div",   "idiv",   "cdq",
                                                        "cqo", "cpuid", "rdtsc", "xgetbv", "cmpxchg"};

std::optional<int> numbered(std::string_view digits, int limit) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool isWhole = error == std::errc() && end == digits.data() + digits.size();
  return isWhole && number < limit ? std::optional(number) : std::nullopt;
}

// "rcx", "ecx", "cx", "cl" -> 1; "r8d" -> 8.
std::optional<int> x64Register(std::string_view name) {
  if (name.size() >= 2 && name[0] == 'r' && name[1] >= '1' && name[1] <= '9') {
    const size_t end = name.find_first_not_of("0123456789", 1);
    return numbered(name.substr(1, end == std::string_view::npos ? end : end - 1), 16);
  }
  if (name.size() == 3 && (name[0] == 'r' || name[0] == 'e'))
    name.remove_prefix(1);
  for (size_t i = 0; i < x64Legacy.size(); ++i)
    if (name == x64Legacy[i] || (name.size() == 2 && name[1] == 'l' && i < 4 && name[0] == x64Legacy[i][0]))
      return static_cast<int>(i);
  return std::nullopt;
}

std::optional<int> arm64Register(std::string_view name) {
  return name.size() >= 2 && (name[0] == 'x' || name[0] == 'w') ? numbered(name.substr(1), 31) : std::nullopt;
}

struct TextParts {
  std::string_view mnemonic, first, second; // operands, "" when there are fewer
};

TextParts partsOf(std::string_view text) {
  const auto trimmed = [](std::string_view part) {
    const size_t begin = part.find_first_not_of(" \t");
    if (begin == std::string_view::npos)
      return std::string_view();
    return part.substr(begin, part.find_last_not_of(" \t") - begin + 1);
  };
  text = trimmed(text);
  const size_t space = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view operands = text.substr(space);
  const size_t comma = std::min(operands.find(','), operands.size());
  const std::string_view rest = operands.substr(std::min(comma + 1, operands.size()));
  return {text.substr(0, space), trimmed(operands.substr(0, comma)), trimmed(rest.substr(0, rest.find(',')))};
}

class Registers {
public:
  explicit Registers(Machine machine) : machine_(machine) {
    parameters_.fill(-1);
    for (int i = 0; argumentRegister(i); ++i)
      parameters_[*argumentRegister(i)] = i;
  }

  [[nodiscard]] std::optional<int> argumentRegister(int argument) const {
    if (machine_ == Machine::arm64)
      return argument < 8 ? std::optional(argument) : std::nullopt;
    return machine_ == Machine::x64 && argument < 4 ? std::optional(x64Arguments[argument]) : std::nullopt;
  }

  [[nodiscard]] std::optional<int> resultOf(std::string_view text) const { return registerOf(partsOf(text).first); }

  void step(const Instruction &instruction, std::string_view text) {
    const TextParts parts = partsOf(text);
    const auto into = registerOf(parts.first);
    const auto from = registerOf(parts.second);
    if (parts.mnemonic == "mov" && into && from && isWhole(parts.first) && isWhole(parts.second)) {
      parameters_[*into] = parameters_[*from];
      return;
    }
    machine_ == Machine::arm64 ? forgetArm64(instruction) : forgetX64(instruction, parts, into, from);
  }

  [[nodiscard]] std::optional<int> parameterIn(int reg) const {
    return parameters_[reg] < 0 ? std::nullopt : std::optional(parameters_[reg]);
  }

private:
  [[nodiscard]] std::optional<int> registerOf(std::string_view name) const {
    return machine_ == Machine::arm64 ? arm64Register(name) : x64Register(name);
  }
  // A pointer fills the register.
  [[nodiscard]] bool isWhole(std::string_view name) const {
    if (machine_ == Machine::arm64)
      return name.front() == 'x';
    return name.front() == 'r' && name.back() != 'd' && name.back() != 'w' && name.back() != 'b';
  }
  void forgetArm64(const Instruction &instruction) {
    constexpr int firstSaved = 19;
    const bool isCall = instruction.flow == Flow::call || instruction.flow == Flow::indirectCall;
    for (int i = 0; i < registerCount; ++i)
      if ((instruction.writtenRegisters >> i & 1) != 0 || (isCall && i < firstSaved))
        parameters_[i] = -1;
  }
  void forgetX64(const Instruction &instruction, const TextParts &parts, std::optional<int> into,
                 std::optional<int> from) {
    if (instruction.flow == Flow::call || instruction.flow == Flow::indirectCall)
      for (const int reg : x64Volatile)
        parameters_[reg] = -1;
    if (parts.mnemonic.starts_with("rep") || std::ranges::find(x64Hidden, parts.mnemonic) != x64Hidden.end())
      parameters_[0] = parameters_[1] = parameters_[2] = -1;
    if (into && std::ranges::find(x64NoResult, parts.mnemonic) == x64NoResult.end())
      parameters_[*into] = -1;
    if (from && (parts.mnemonic == "xchg" || parts.mnemonic == "xadd"))
      parameters_[*from] = -1;
  }

  Machine machine_;
  std::array<int, registerCount> parameters_{}; // by register: which parameter it holds, -1 for none
};

} // namespace

std::optional<int> forwardedParameter(Decoder &decoder, const Image &image, const Function &function, uint32_t site,
                                      int argument) {
  Registers registers(image.machine());
  const auto target = registers.argumentRegister(argument);
  if (!target || !function.body.contains(site))
    return std::nullopt;
  std::string text;
  for (uint32_t rva = function.body.rva; rva < site;) {
    Instruction instruction;
    text.clear();
    if (!decoder.decodeWithText(image.bytesFrom(rva), rva, instruction, text) || instruction.size == 0)
      return std::nullopt;
    registers.step(instruction, text);
    rva = instruction.end();
  }
  return registers.parameterIn(*target);
}

bool writesArgument(Decoder &decoder, const Image &image, uint32_t rva, int argument) {
  const Registers registers(image.machine());
  const auto target = registers.argumentRegister(argument);
  Instruction instruction;
  std::string text;
  return target && decoder.decodeWithText(image.bytesFrom(rva), rva, instruction, text) &&
         registers.resultOf(text) == target;
}

} // namespace hotgate::analyzer
