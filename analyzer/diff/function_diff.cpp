#include "analyzer/diff/function_diff.h"

#include "analyzer/diff/listing.h"

#include <algorithm>

namespace hotgate::analyzer {

std::string_view changeStatusName(ChangeStatus status) {
  switch (status) {
  case ChangeStatus::identical:
    return "identical";
  case ChangeStatus::changed:
    return "changed";
  case ChangeStatus::added:
    return "added";
  case ChangeStatus::removed:
    return "removed";
  }
  return "";
}

namespace {

std::span<const uint8_t> bytesOf(const Program &program, const CodeRange &range) {
  const auto bytes = program.image().bytesFrom(range.rva);
  return bytes.first(std::min<size_t>(bytes.size(), range.size));
}

// The references of one range, in field order.
std::span<const Reference> referencesIn(const Function &function, const CodeRange &range) {
  const auto byField = [](const Reference &reference, uint32_t rva) { return reference.field < rva; };
  const auto first = std::lower_bound(function.references.begin(), function.references.end(), range.rva, byField);
  const auto last = std::lower_bound(first, function.references.end(), range.end(), byField);
  return {first, last};
}

bool sameRange(Referents &referents, const Function &pre, const CodeRange &preRange, const Function &post,
               const CodeRange &postRange) {
  const auto preBytes = bytesOf(referents.pre(), preRange);
  const auto postBytes = bytesOf(referents.post(), postRange);
  if (preBytes.size() != postBytes.size())
    return false;
  const auto preReferences = referencesIn(pre, preRange);
  const auto postReferences = referencesIn(post, postRange);
  if (preReferences.size() != postReferences.size())
    return false;
  size_t at = 0; // bytes before it are compared
  for (size_t i = 0; i < preReferences.size(); ++i) {
    const Reference &a = preReferences[i];
    const Reference &b = postReferences[i];
    const size_t field = a.field - preRange.rva;
    if (field != b.field - postRange.rva || a.size != b.size || a.kind != b.kind || field < at ||
        field + a.size > preBytes.size())
      return false;
    if (!std::equal(preBytes.begin() + at, preBytes.begin() + field, postBytes.begin() + at))
      return false;
    if (!referents.same(a.target, b.target))
      return false;
    at = field + a.size;
  }
  return std::equal(preBytes.begin() + at, preBytes.end(), postBytes.begin() + at);
}

bool sameHandler(Referents &referents, const Function &pre, const Function &post) {
  if (pre.handlerRva == 0 || post.handlerRva == 0)
    return pre.handlerRva == post.handlerRva;
  return referents.same(pre.handlerRva, post.handlerRva);
}

bool sameBody(Referents &referents, const Function &pre, const Function &post) {
  if (pre.fragments.size() != post.fragments.size() || !sameRange(referents, pre, pre.body, post, post.body))
    return false;
  for (size_t i = 0; i < pre.fragments.size(); ++i)
    if (!sameRange(referents, pre, pre.fragments[i], post, post.fragments[i]))
      return false;
  return true;
}

FunctionDifference compare(Referents &referents, Decoder &decoder, FunctionIndex preIndex, FunctionIndex postIndex) {
  const Function &pre = referents.pre().functions()[preIndex];
  const Function &post = referents.post().functions()[postIndex];
  FunctionDifference difference{preIndex, postIndex, ChangeStatus::identical, referents.pairing().pass(preIndex),
                                {},       {}};
  if (!sameBody(referents, pre, post)) {
    difference.status = ChangeStatus::changed;
    BodyAlignment alignment = alignBodies(referents, decoder, pre, post);
    difference.reasons = std::move(alignment.reasons);
    difference.listing = std::move(alignment.listing);
  }
  if (!sameHandler(referents, pre, post)) {
    difference.status = ChangeStatus::changed;
    difference.reasons.insert("exception handler");
  }
  return difference;
}

} // namespace

Result<std::vector<FunctionDifference>> diffFunctions(Referents &referents) {
  HOTGATE_TRY(Decoder decoder, Decoder::create(referents.pre().image().machine()));
  std::vector<FunctionDifference> result;
  for (FunctionIndex i = 0; i < referents.pre().functions().size(); ++i)
    if (const auto post = referents.pairing().toPost(i))
      result.push_back(compare(referents, decoder, i, *post));
  for (FunctionIndex i = 0; i < referents.pre().functions().size(); ++i)
    if (!referents.pairing().toPost(i))
      result.push_back({i, std::nullopt, ChangeStatus::removed, "", {}, {}});
  for (FunctionIndex i = 0; i < referents.post().functions().size(); ++i)
    if (!referents.pairing().toPre(i))
      result.push_back({std::nullopt, i, ChangeStatus::added, "", {}, {}});
  return result;
}

} // namespace hotgate::analyzer
