#include "analyzer/code/call_arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <ranges>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

namespace {

constexpr size_t nearest = 24; // instructions in front of a call

// Where an argument is put, as the disassembly spells it: all names of its register, or its place on the stack.
std::vector<std::string> spellings(Machine machine, uint8_t argument) {
  if (machine == Machine::arm64)
    return argument <= 8 ? std::vector{fmt::format("x{}", argument - 1), fmt::format("w{}", argument - 1)}
                         : std::vector<std::string>{};
  constexpr std::array<std::array<const char *, 2>, 4> registers{
      {{"rcx", "ecx"}, {"rdx", "edx"}, {"r8", "r8d"}, {"r9", "r9d"}}};
  if (argument <= registers.size())
    return {registers[argument - 1][0], registers[argument - 1][1]};
  const int offset = 0x20 + 8 * (argument - 5);
  return {fmt::format("dword ptr [rsp + 0x{:x}]", offset), fmt::format("qword ptr [rsp + 0x{:x}]", offset),
          fmt::format("dword ptr [rsp + {}]", offset), fmt::format("qword ptr [rsp + {}]", offset)};
}

// A 64-bit register that a value can be kept in.
bool isRegister(Machine machine, std::string_view text) {
  if (machine == Machine::arm64)
    return text.starts_with('x') && text != "xzr";
  return text.starts_with('r') && text.size() <= 3 && text != "rip";
}

struct Parts {
  std::string_view mnemonic, first, rest;
  explicit Parts(std::string_view text) {
    const size_t space = text.find_first_of(" \t");
    mnemonic = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size()
                                                       : std::min(text.size(), text.find_first_not_of(" \t", space)));
    const size_t comma = text.find(',');
    first = text.substr(0, comma);
    if (comma == std::string_view::npos)
      return;
    rest = text.substr(comma + 1);
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t")));
  }
};

// "0x3e8", "-0x1", "#1000", "-1": as the 32 bits that they are.
std::optional<uint32_t> numberIn(std::string_view text) {
  if (text.starts_with('#'))
    text.remove_prefix(1);
  const bool isNegative = text.starts_with('-');
  if (isNegative)
    text.remove_prefix(1);
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16)
    text.remove_prefix(2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return static_cast<uint32_t>(isNegative ? 0 - number : number);
}

} // namespace

Result<CallArguments> CallArguments::begin(const Program &program) {
  HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
  return CallArguments(program, std::move(decoder));
}

std::optional<CallArguments::Setter> CallArguments::setter(const Function &function, uint32_t site, uint8_t argument) {
  CodeRange range = function.body;
  for (const CodeRange &fragment : function.fragments)
    if (fragment.contains(site))
      range = fragment;
  const Machine machine = program_.image().machine();
  if (!range.contains(site) || machine == Machine::x86)
    return std::nullopt;
  std::deque<uint32_t> before; // since the last call or branch
  const auto bytes = program_.bytesOf(range);
  Instruction instruction;
  for (uint32_t at = 0; at < bytes.size() && range.rva + at < site; at += instruction.size) {
    if (!decoder_.decode(bytes.subspan(at), range.rva + at, instruction))
      return std::nullopt;
    if (instruction.flow != Flow::next)
      before.clear();
    else
      before.push_back(instruction.rva);
    if (before.size() > nearest)
      before.pop_front();
  }
  std::vector<std::string> places = spellings(machine, argument);
  for (const uint32_t rva : std::ranges::reverse_view(before)) {
    Setter setter{rva, {}};
    decoder_.decodeWithText(bytes.subspan(rva - range.rva), rva, instruction, setter.text);
    const Parts parts(setter.text);
    if (std::ranges::find(places, parts.first) == places.end())
      continue;
    if (parts.mnemonic != "mov" || !isRegister(machine, parts.rest))
      return setter;
    places = {std::string(parts.rest)}; // a copy: `lea rsi, [g_lock]`, `mov rcx, rsi`
  }
  return std::nullopt;
}

std::optional<uint32_t> CallArguments::number(const Function &function, uint32_t site, uint8_t argument) {
  const auto found = setter(function, site, argument);
  if (!found)
    return std::nullopt;
  const Parts parts(found->text);
  if (parts.mnemonic == "xor" && parts.first == parts.rest)
    return 0;
  if (parts.mnemonic == "mov" && (parts.rest == "wzr" || parts.rest == "xzr"))
    return 0;
  return parts.mnemonic == "mov" ? numberIn(parts.rest) : std::nullopt;
}

std::optional<uint32_t> CallArguments::address(const Function &function, uint32_t site, uint8_t argument) {
  const auto found = setter(function, site, argument);
  if (!found)
    return std::nullopt;
  for (const Reference &reference : function.references)
    if (reference.instruction == found->rva && reference.kind == ReferenceKind::data)
      return reference.target;
  return std::nullopt;
}

} // namespace hotgate::analyzer
