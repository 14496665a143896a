#include "analyzer/code/import_calls.h"

#include <algorithm>
#include <array>

namespace hotgate::analyzer {

namespace {

// How a zero is put into the argument that says how long to wait, right in front of the call.
struct ZeroArgument {
  std::string_view api;
  Machine machine;
  std::array<uint8_t, 4> bytes;
  size_t size;
};
constexpr ZeroArgument zeroArguments[] = {
    {"WaitForSingleObject", Machine::x64, {0x31, 0xD2}, 2},          // xor edx, edx
    {"WaitForSingleObject", Machine::x64, {0x33, 0xD2}, 2},          // the same, as MSVC writes it
    {"WaitForMultipleObjects", Machine::x64, {0x45, 0x31, 0xC9}, 3}, // xor r9d, r9d
    {"WaitForMultipleObjects", Machine::x64, {0x45, 0x33, 0xC9}, 3},
    {"WaitForSingleObject", Machine::arm64, {0xE1, 0x03, 0x1F, 0x2A}, 4}, // mov w1, wzr
    {"WaitForMultipleObjects", Machine::arm64, {0xE3, 0x03, 0x1F, 0x2A}, 4},
};
constexpr uint32_t argumentsWithin = 16; // bytes in front of the call

bool isPoll(const Program &program, const Function &function, std::string_view api, uint32_t site) {
  const uint32_t begin = std::max(function.body.rva, site - std::min(site, argumentsWithin));
  const auto before = program.image().bytesFrom(begin);
  if (begin > site || before.size() < site - begin)
    return false;
  return std::ranges::any_of(zeroArguments, [&](const ZeroArgument &zero) {
    return zero.machine == program.image().machine() && api.starts_with(zero.api) &&
           !std::ranges::search(before.first(site - begin), std::span(zero.bytes).first(zero.size)).empty();
  });
}

const Import *importCalledBy(const Program &program, const Reference &reference) {
  if (const Import *import = program.image().importAtSlot(reference.target))
    return import;
  if (reference.kind != ReferenceKind::call && reference.kind != ReferenceKind::branch)
    return nullptr;
  const auto callee = program.functionAtEntry(reference.target);
  return callee ? importOfThunk(program, program.functions()[*callee]) : nullptr;
}

} // namespace

const Import *importOfThunk(const Program &program, const Function &function) {
  if (function.references.size() != 1 || function.references.front().instruction != function.body.rva)
    return nullptr;
  return program.image().importAtSlot(function.references.front().target);
}

std::vector<ImportCall> importCalls(const Program &program) {
  std::vector<ImportCall> calls;
  for (FunctionIndex i = 0; i < program.functions().size(); ++i) {
    const Function &function = program.functions()[i];
    if (importOfThunk(program, function) != nullptr)
      continue;
    for (const Reference &reference : function.references)
      if (const Import *import = importCalledBy(program, reference))
        calls.push_back(
            {i, import, reference.instruction, isPoll(program, function, import->name, reference.instruction)});
  }
  return calls;
}

} // namespace hotgate::analyzer
