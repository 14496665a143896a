#include "analyzer/code/operation_names.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace hotgate::analyzer {

namespace {

struct Synonym {
  std::string_view llvm;
  std::string_view capstone;
};

constexpr std::array x86Synonyms{
    Synonym{"fcompi", "fcomip"}, // LLVM's spelling in Intel syntax; the manuals have Capstone's
    Synonym{"fucompi", "fucomip"}, Synonym{"sysretq", "sysret"}, // Capstone leaves the operand size out
};

// An alias is the preferred name of some operands of another operation: `mov w0, #5` is `movz w0, #5`.
constexpr std::array arm64Synonyms{
    Synonym{"mov", "movz"},
    Synonym{"mov", "movn"},
    Synonym{"mov", "orr"},
    Synonym{"mov", "ins"},
};

// What an older table calls by number: `hint #0x1b`, `dsb #4`.
struct NumberedName {
  std::string_view llvm;
  std::string_view capstone;
  unsigned firstNumber;
  unsigned lastNumber;
};

constexpr std::array arm64Numbered{
    NumberedName{"dgh", "hint", 0x06, 0x06},       NumberedName{"xpaclri", "hint", 0x07, 0x07},
    NumberedName{"pacia1716", "hint", 0x08, 0x08}, NumberedName{"pacib1716", "hint", 0x0a, 0x0a},
    NumberedName{"autia1716", "hint", 0x0c, 0x0c}, NumberedName{"autib1716", "hint", 0x0e, 0x0e},
    NumberedName{"esb", "hint", 0x10, 0x10},       NumberedName{"psb", "hint", 0x11, 0x11},
    NumberedName{"tsb", "hint", 0x12, 0x12},       NumberedName{"csdb", "hint", 0x14, 0x14},
    NumberedName{"paciaz", "hint", 0x18, 0x18},    NumberedName{"paciasp", "hint", 0x19, 0x19},
    NumberedName{"pacibz", "hint", 0x1a, 0x1a},    NumberedName{"pacibsp", "hint", 0x1b, 0x1b},
    NumberedName{"autiaz", "hint", 0x1c, 0x1c},    NumberedName{"autiasp", "hint", 0x1d, 0x1d},
    NumberedName{"autibz", "hint", 0x1e, 0x1e},    NumberedName{"autibsp", "hint", 0x1f, 0x1f},
    NumberedName{"bti", "hint", 0x20, 0x26}, // j, c, jc
    NumberedName{"ssbb", "dsb", 0x0, 0x0},         NumberedName{"pssbb", "dsb", 0x4, 0x4},
    NumberedName{"dfb", "dsb", 0xc, 0xc},
};

template <size_t count>
bool areSynonyms(const std::array<Synonym, count> &table, std::string_view llvm, std::string_view capstone) {
  return std::any_of(table.begin(), table.end(),
                     [&](const Synonym &entry) { return entry.llvm == llvm && entry.capstone == capstone; });
}

std::string_view takeWord(std::string_view &text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

enum class Repeat : uint8_t { none, whileEqual, whileNotEqual };

// An x86 instruction's operation, and those of its prefixes that change what it does.
struct X86Operation {
  std::string_view name;
  std::string_view operands;
  bool locked = false;
  Repeat repeat = Repeat::none;
  bool operator==(const X86Operation &) const = default;
};

// Only these repeat. On anything else F2 and F3 are a hint (`bnd`, `xacquire`, a return's alignment) or mean nothing,
// and the decoders differ in whether they name them.
bool isStringOperation(std::string_view name) {
  constexpr std::array<std::string_view, 7> stems{"movs", "cmps", "scas", "lods", "stos", "ins", "outs"};
  constexpr std::string_view sizes = "bwdq";
  return !name.empty() && sizes.find(name.back()) != std::string_view::npos &&
         std::find(stems.begin(), stems.end(), name.substr(0, name.size() - 1)) != stems.end();
}

X86Operation x86Operation(std::string_view text) {
  constexpr std::array<std::string_view, 14> meaningless{"bnd",    "notrack", "xacquire", "xrelease", "data16",
                                                         "addr32", "addr16",  "rex64",    "cs",       "ss",
                                                         "ds",     "es",      "fs",       "gs"};
  X86Operation operation;
  for (;;) {
    operation.name = takeWord(text);
    if (operation.name == "lock")
      operation.locked = true;
    else if (operation.name == "rep" || operation.name == "repe" || operation.name == "repz")
      operation.repeat = Repeat::whileEqual;
    else if (operation.name == "repne" || operation.name == "repnz")
      operation.repeat = Repeat::whileNotEqual;
    else if (std::find(meaningless.begin(), meaningless.end(), operation.name) == meaningless.end())
      break;
  }
  if (!isStringOperation(operation.name))
    operation.repeat = Repeat::none;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  operation.operands = text;
  return operation;
}

// LLVM writes a far pointer in memory without its size, and the near one with it: "call [rax]", "call qword ptr [rax]".
bool isFarTransfer(const X86Operation &llvm, std::string_view capstone) {
  return ((llvm.name == "call" && capstone == "lcall") || (llvm.name == "jmp" && capstone == "ljmp")) &&
         llvm.operands.find('[') != std::string_view::npos && llvm.operands.find("ptr") == std::string_view::npos;
}

bool sameX86Operation(std::string_view llvmText, std::string_view capstoneText) {
  const X86Operation llvm = x86Operation(llvmText);
  const X86Operation capstone = x86Operation(capstoneText);
  if (llvm.locked != capstone.locked || llvm.repeat != capstone.repeat)
    return false;
  return llvm.name == capstone.name || areSynonyms(x86Synonyms, llvm.name, capstone.name) ||
         isFarTransfer(llvm, capstone.name);
}

bool isNumberedName(std::string_view llvm, std::string_view capstone, std::string_view operands) {
  if (!operands.starts_with('#'))
    return false;
  operands.remove_prefix(1);
  const bool isHex = operands.starts_with("0x");
  if (isHex)
    operands.remove_prefix(2);
  unsigned number = 0;
  if (std::from_chars(operands.data(), operands.data() + operands.size(), number, isHex ? 16 : 10).ec != std::errc())
    return false;
  return std::any_of(arm64Numbered.begin(), arm64Numbered.end(), [&](const NumberedName &entry) {
    return entry.llvm == llvm && entry.capstone == capstone && number >= entry.firstNumber &&
           number <= entry.lastNumber;
  });
}

} // namespace

bool sameOperation(Machine machine, std::string_view llvm, std::string_view capstoneMnemonic,
                   std::string_view capstoneOperands) {
  if (machine != Machine::arm64)
    return sameX86Operation(llvm, capstoneMnemonic);
  const std::string_view name = takeWord(llvm);
  return name == capstoneMnemonic || areSynonyms(arm64Synonyms, name, capstoneMnemonic) ||
         isNumberedName(name, capstoneMnemonic, capstoneOperands);
}

} // namespace hotgate::analyzer
