#include "analyzer/code/earlier_build.h"

#include "analyzer/code/program.h"

#include <algorithm>
#include <limits>
#include <llvm/Support/Endian.h>
#include <tuple>

namespace hotgate::analyzer {

namespace {

uint64_t number(const uint8_t *bytes, uint8_t size) {
  switch (size) {
  case 8:
    return llvm::support::endian::read64le(bytes);
  case 4:
    return llvm::support::endian::read32le(bytes);
  case 2:
    return llvm::support::endian::read16le(bytes);
  default:
    return *bytes;
  }
}

constexpr int mostTries = 12; // candidates of the same size that are compared, nearest first

} // namespace

EarlierBuild::EarlierBuild(const Program &program) : program_(program) {
  candidates_.reserve(program.functions().size());
  for (FunctionIndex i = 0; i < program.functions().size(); ++i)
    if (const Function &function = program.functions()[i]; !function.undecodableAt)
      candidates_.push_back({function.body.size, function.body.rva, i});
  std::sort(candidates_.begin(), candidates_.end(),
            [](const Candidate &a, const Candidate &b) { return std::tie(a.size, a.rva) < std::tie(b.size, b.rva); });
}

bool EarlierBuild::Lookup::transfer(Function &function, std::vector<Reference> &found) {
  const auto &all = build_.candidates_;
  const auto expected = static_cast<uint32_t>(std::max<int64_t>(0, int64_t{function.body.rva} - shift_));
  const auto key = std::tuple(function.body.size, expected);
  auto after = std::lower_bound(all.begin(), all.end(), key, [](const Candidate &candidate, const auto &wanted) {
    return std::tie(candidate.size, candidate.rva) < wanted;
  });
  auto before = after;
  for (int tries = 0; tries < mostTries; ++tries) {
    const bool canGoUp = after != all.end() && after->size == function.body.size;
    const bool canGoDown = before != all.begin() && std::prev(before)->size == function.body.size;
    if (!canGoUp && !canGoDown)
      return false;
    const bool up = canGoUp && (!canGoDown || after->rva - expected <= expected - std::prev(before)->rva);
    const Candidate &candidate = up ? *after++ : *--before;
    if (transferFrom(build_.program_.functions()[candidate.function], function, found)) {
      shift_ = int64_t{function.body.rva} - candidate.rva;
      return true;
    }
  }
  return false;
}

bool EarlierBuild::Lookup::transferFrom(const Function &earlier, Function &function,
                                        std::vector<Reference> &found) const {
  if (earlier.fragments.size() != function.fragments.size())
    return false;
  const size_t begin = found.size();
  bool same = true;
  for (int part = -1; same && part < function.rangeCount(); ++part)
    same = transferRange(earlier, earlier.range(part), function, function.range(part), found);
  if (!same) {
    found.resize(begin);
    return false;
  }
  function.firstInstructionSize = earlier.firstInstructionSize;
  for (const CodeRange &table : earlier.jumpTables)
    for (int part = -1; part < function.rangeCount(); ++part)
      if (earlier.range(part).contains(table.rva))
        function.jumpTables.push_back({function.range(part).rva + (table.rva - earlier.range(part).rva), table.size});
  return true;
}

bool EarlierBuild::Lookup::transferRange(const Function &earlier, const CodeRange &from, const Function &function,
                                         const CodeRange &to, std::vector<Reference> &found) const {
  const auto earlierBytes = build_.program_.bytesOf(from);
  const auto bytes = image_.bytesFrom(to.rva, to.size);
  if (earlierBytes.size() != bytes.size())
    return false;
  size_t at = 0; // bytes before it are compared
  for (const Reference &there : earlier.referencesIn(from)) {
    const size_t field = there.field - from.rva;
    if (field < at || field + there.size > bytes.size() ||
        !std::equal(bytes.begin() + at, bytes.begin() + field, earlierBytes.begin() + at))
      return false;
    Reference reference = there;
    reference.instruction = to.rva + (there.instruction - from.rva);
    reference.field = to.rva + static_cast<uint32_t>(field);
    if (there.form != FieldForm::bytes ||
        !readTarget(there, earlier, &earlierBytes[field], function, &bytes[field], reference))
      return false;
    found.push_back(reference);
    at = field + there.size;
  }
  return std::equal(bytes.begin() + at, bytes.end(), earlierBytes.begin() + at);
}

// `bytesThere` and `bytesHere` are the fields themselves.
bool EarlierBuild::Lookup::readTarget(const Reference &earlier, const Function &earlierFunction,
                                      const uint8_t *bytesThere, const Function &function, const uint8_t *bytesHere,
                                      Reference &reference) const {
  const uint64_t here = number(bytesHere, reference.size);
  switch (reference.kind) {
  case ReferenceKind::absolute: {
    const auto target = image_.isRelocated(reference.field) ? image_.rvaOfAddress(here) : std::nullopt;
    reference.target = target.value_or(0);
    return target.has_value();
  }
  case ReferenceKind::imageRelative:
    reference.target = static_cast<uint32_t>(here);
    return earlierFunction.contains(earlier.target)
               ? function.contains(reference.target)
               : here < image_.sizeOfImage() && image_.sectionAt(reference.target) != nullptr;
  case ReferenceKind::branch:
  case ReferenceKind::call:
  case ReferenceKind::data: {
    // A displacement counts from the end of its instruction, and that is equally far from the field on both sides.
    const unsigned unused = 64 - 8U * reference.size;
    const uint64_t there = number(bytesThere, reference.size);
    const int64_t difference = static_cast<int64_t>((here - there) << unused) >> unused;
    const int64_t target = int64_t{earlier.target} + (int64_t{reference.field} - earlier.field) + difference;
    reference.target = static_cast<uint32_t>(target);
    // The image's base itself means that numbers in this function may be RVAs: on both sides or on none.
    return target >= 0 && target <= std::numeric_limits<uint32_t>::max() && (earlier.target == 0) == (target == 0);
  }
  }
  return false;
}

} // namespace hotgate::analyzer
