#include "analyzer/diff/merged_statements.h"

#include <algorithm>
#include <tuple>

namespace hotgate::analyzer {

namespace {

constexpr int mostSteps = 16;           // instructions from the one in question to merged code
constexpr uint32_t mostBlockBytes = 64; // from where its block begins
constexpr size_t mostConditions = 8;    // that lead to one block

// Where a direct branch goes.
std::optional<uint32_t> targetOf(const Instruction &instruction) {
  for (const EncodedField &field : instruction.encodedFields())
    if (field.kind == EncodedField::Kind::branchTarget)
      return static_cast<uint32_t>(field.value);
  return std::nullopt;
}

} // namespace

MergedStatements::MergedStatements(Decoder &decoder, const Function &function, const CodeRange &range,
                                   std::span<const uint8_t> bytes, std::span<const SourceLine> lines)
    : decoder_(decoder), range_(range), bytes_(bytes) {
  for (const SourceLine &line : lines) {
    if (line.line != 0)
      continue;
    if (!merged_.empty() && line.rva - merged_.back().rva <= merged_.back().size) // copies of inlined functions nest
      merged_.back().size = std::max(merged_.back().size, line.rva - merged_.back().rva + line.size);
    else
      merged_.push_back({line.rva, line.size});
  }
  for (const Reference &reference : function.referencesIn(range))
    if (reference.kind == ReferenceKind::branch && range.contains(reference.target))
      branches_.push_back({reference.target, reference.instruction});
  std::ranges::sort(branches_, [](const Branch &a, const Branch &b) {
    return std::tie(a.target, a.from) < std::tie(b.target, b.from);
  });
}

std::vector<uint32_t> MergedStatements::conditionsOf(uint32_t rva) {
  Instruction instruction;
  if (!decode(rva, instruction))
    return {};
  uint32_t at = instruction.end();
  for (int step = 0; step < mostSteps; ++step) {
    if (isMerged(at))
      return conditionsOfBlockAt(rva);
    if (!decode(at, instruction))
      return {};
    const auto target = targetOf(instruction);
    if (instruction.flow == Flow::conditionalBranch && target && isMerged(*target))
      return {at};
    if (instruction.flow == Flow::next || instruction.flow == Flow::conditionalBranch)
      at = instruction.end();
    else if (instruction.flow == Flow::branch && target)
      at = *target;
    else
      return {};
  }
  return {};
}

bool MergedStatements::isMerged(uint32_t rva) const {
  const auto behind = std::ranges::upper_bound(merged_, rva, {}, &CodeRange::rva);
  return behind != merged_.begin() && std::prev(behind)->contains(rva);
}

bool MergedStatements::decode(uint32_t rva, Instruction &instruction) {
  return range_.contains(rva) && rva - range_.rva < bytes_.size() &&
         decoder_.decode(bytes_.subspan(rva - range_.rva), rva, instruction);
}

// Whether control comes from one place to the other by nothing but going on.
bool MergedStatements::isStraight(uint32_t begin, uint32_t end) {
  Instruction instruction;
  for (uint32_t at = begin; at < end; at = instruction.end())
    if (!decode(at, instruction) || instruction.flow != Flow::next)
      return false;
  return true;
}

std::vector<uint32_t> MergedStatements::conditionsOfBlockAt(uint32_t rva) {
  const auto behind = std::ranges::upper_bound(branches_, rva, {}, &Branch::target);
  if (behind == branches_.begin())
    return {};
  const uint32_t begin = std::prev(behind)->target;
  if (rva - begin > mostBlockBytes || !isStraight(begin, rva))
    return {};
  std::vector<uint32_t> conditions;
  Instruction instruction;
  for (auto branch = std::ranges::lower_bound(branches_, begin, {}, &Branch::target);
       branch != behind && conditions.size() < mostConditions; ++branch)
    if (decode(branch->from, instruction) && instruction.flow == Flow::conditionalBranch)
      conditions.push_back(branch->from);
  return conditions;
}

} // namespace hotgate::analyzer
