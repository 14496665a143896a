#include "analyzer/diff/function_diff.h"

#include "analyzer/code/masked_body.h"
#include "analyzer/diff/exception_diff.h"
#include "analyzer/diff/line_numbers.h"
#include "analyzer/diff/listing.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

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
  case ChangeStatus::notCompared:
    return "not compared";
  }
  return "";
}

namespace {

// A jump in the body, as most are, needs no look at who owns its target.
bool sameReference(const Referents &referents, const Function &pre, const Reference &preReference, const Function &post,
                   const Reference &postReference) {
  if (pre.body.contains(preReference.target) && post.body.contains(postReference.target))
    return preReference.target - pre.body.rva == postReference.target - post.body.rva;
  return referents.same(preReference, postReference);
}

// Of two that are paired with each other.
bool sameBody(const Referents &referents, const Function &pre, const Function &post) {
  if (!sameMasked(referents.pre(), pre, referents.post(), post))
    return false;
  for (size_t i = 0; i < pre.references.size(); ++i)
    if (!sameReference(referents, pre, pre.references[i], post, post.references[i]))
      return false;
  return true;
}

FunctionDifference compare(const Referents &referents, Decoder &decoder, FunctionIndex preIndex,
                           FunctionIndex postIndex) {
  const Function &pre = referents.pre().functions()[preIndex];
  const Function &post = referents.post().functions()[postIndex];
  FunctionDifference difference;
  difference.pre = preIndex;
  difference.post = postIndex;
  difference.matchedBy = referents.pairing().functions.pass(preIndex);
  if (!sameBody(referents, pre, post)) {
    difference.status = ChangeStatus::changed;
    BodyAlignment alignment = alignBodies(referents, decoder, pre, post);
    difference.reasons = std::move(alignment.reasons);
    difference.listing = std::move(alignment.listing);
    difference.lineOnly = onlyLineNumbersDiffer(referents, decoder, pre, post);
    if (difference.lineOnly)
      difference.reasons = {"line number"};
  }
  const bool sameCode = difference.status == ChangeStatus::identical || difference.lineOnly;
  const Bodies bodies = sameCode ? Bodies::equal : Bodies::differ;
  if (!sameExceptionData(referents, decoder, pre, post, bodies)) {
    difference.status = ChangeStatus::changed;
    difference.lineOnly = false;
    difference.reasons.insert("exception handler");
  }
  if (bodies == Bodies::equal && !sameUnwindInformation(referents, pre, post)) {
    difference.status = ChangeStatus::changed;
    difference.lineOnly = false;
    difference.reasons.insert("unwind information");
  }
  return difference;
}

} // namespace

Result<std::vector<FunctionDifference>> diffFunctions(const Referents &referents, const Budget &budget) {
  const Machine machine = referents.pre().image().machine();
  HOTGATE_TRY([[maybe_unused]] auto probe, Decoder::create(machine));
  const PairList &pairs = referents.pairing().functions;
  std::vector<FunctionIndex> paired;
  for (FunctionIndex i = 0; i < pairs.preCount(); ++i)
    if (pairs.toPost(i))
      paired.push_back(i);
  std::vector<FunctionDifference> result(paired.size());
  tbb::enumerable_thread_specific<Decoder> decoders([machine] { return *Decoder::create(machine); });
  tbb::parallel_for(size_t{0}, paired.size(), [&](size_t i) {
    const FunctionIndex pre = paired[i], post = *pairs.toPost(paired[i]);
    result[i] = budget.isSpent()
                    ? FunctionDifference{pre, post, ChangeStatus::notCompared, pairs.pass(pre), {}, false, {}}
                    : compare(referents, decoders.local(), pre, post);
  });
  for (FunctionIndex i = 0; i < pairs.preCount(); ++i)
    if (!pairs.toPost(i))
      result.push_back({i, std::nullopt, ChangeStatus::removed, "", {}, false, {}});
  for (FunctionIndex i = 0; i < pairs.postCount(); ++i)
    if (!pairs.toPre(i))
      result.push_back({std::nullopt, i, ChangeStatus::added, "", {}, false, {}});
  return result;
}

} // namespace hotgate::analyzer
