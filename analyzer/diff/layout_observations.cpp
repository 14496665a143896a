#include "analyzer/diff/layout_observations.h"

#include "analyzer/diff/operation_alignment.h"
#include "analyzer/diff/pointer_flow.h"
#include "analyzer/diff/referent_text.h"

#include <algorithm>
#include <utility>

namespace hotgate::analyzer {

std::string_view sizeUseName(SizeUse use) {
  switch (use) {
  case SizeUse::callArgument:
    return "call argument";
  case SizeUse::multiplier:
    return "multiplier";
  case SizeUse::stride:
    return "stride";
  }
  return "";
}

namespace {

// Longer bodies are left out: aligning them costs more than one function can say.
constexpr uint32_t largestBody = 1U << 16;
// What lies further behind a pointer is no member of its object, but a place of the image seen from its base.
constexpr int64_t farthestMember = int64_t{1} << 20;

class Observer {
public:
  Observer(const OperationBody &pre, const OperationBody &post, FunctionIndex function)
      : pre_(pre), post_(post), function_(function), preFlow_(followPointers(pre)), postFlow_(followPointers(post)) {}

  LayoutObservations observe() {
    const OperationAlignment alignment = alignOperations(pre_, post_);
    isWhole_ = alignment.isWhole;
    for (const LinePair &pair : alignment.pairs)
      note(pair);
    for (auto &[objects, sites] : byObjects_)
      counts_[objects.first] = std::max(counts_[objects.first], sites.size());
    for (auto &[objects, sites] : byObjects_)
      if (sites.size() == counts_[objects.first]) { // else another pointer of the new body fits this one better
        counts_[objects.first] = SIZE_MAX;
        if (!isObject(sites))
          continue;
        result_.objects.push_back({function_, isWhole_, std::move(sites)});
      }
    return std::move(result_);
  }

private:
  LayoutSite siteOf(const LinePair &pair) const {
    return {function_, pre_.lines[pair.pre].instruction.rva, post_.lines[pair.post].instruction.rva};
  }

  // ARM64 code hands down pages of the image's data in registers, and makes addresses of them.
  bool isObject(const std::vector<DisplacementSite> &sites) const {
    return pre_.program.image().machine() != Machine::arm64 || std::ranges::any_of(sites, &DisplacementSite::isDirect);
  }

  // In front of a pointer lies what it was made from.
  static bool isMember(const ObjectAccess &access) {
    return access.displacement >= 0 && access.displacement < farthestMember;
  }

  void note(const LinePair &pair) {
    const OperationLine &pre = pre_.lines[pair.pre];
    const OperationLine &post = post_.lines[pair.post];
    const LineFlow &preFlow = preFlow_[pair.pre];
    const LineFlow &postFlow = postFlow_[pair.post];
    if (preFlow.isStride && postFlow.isStride)
      noteSize(pair, SizeUse::stride, pre.operands.displacement, post.operands.displacement, {});
    else if (preFlow.access && postFlow.access && isMember(*preFlow.access) && isMember(*postFlow.access) &&
             (isWhole_ || pre.operands.registers == post.operands.registers))
      byObjects_[{preFlow.access->object, postFlow.access->object}].push_back(
          {siteOf(pair), preFlow.access->displacement, postFlow.access->displacement, pre.instruction.accessWidth,
           post.instruction.accessWidth, preFlow.isDirect});
    if (pre.operands.multiplies && pre.operands.immediate && post.operands.immediate)
      noteSize(pair, SizeUse::multiplier, *pre.operands.immediate, *post.operands.immediate, {});
    if (pre.operands.changesBits && preFlow.bitsFrom && postFlow.bitsFrom && pre.operands.immediate &&
        post.operands.immediate && preFlow.bitsFrom->displacement == postFlow.bitsFrom->displacement)
      noteBits(pair, preFlow.bitsFrom->displacement, *pre.operands.immediate, *post.operands.immediate);
    for (size_t i = 0; i < preFlow.arguments.size(); ++i)
      if (preFlow.arguments[i] && postFlow.arguments[i])
        noteSize(pair, SizeUse::callArgument, *preFlow.arguments[i], *postFlow.arguments[i],
                 pre.references.empty() ? std::string() : referentText(pre_.program, pre.references[0].target));
  }

  void noteSize(const LinePair &pair, SizeUse use, int64_t pre, int64_t post, std::string callee) {
    if (pre != post)
      result_.sizes.push_back({siteOf(pair), use, pre, post, std::move(callee)});
  }

  void noteBits(const LinePair &pair, int64_t displacement, int64_t pre, int64_t post) {
    if (pre == post)
      ++result_.sameBits;
    else
      result_.bits.push_back({siteOf(pair), displacement, pre, post});
  }

  const OperationBody &pre_;
  const OperationBody &post_;
  FunctionIndex function_;
  std::vector<LineFlow> preFlow_;
  std::vector<LineFlow> postFlow_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<DisplacementSite>> byObjects_; // of both bodies
  bool isWhole_ = false;                                                             // nothing was added or removed
  std::map<uint32_t, size_t> counts_; // by object of the pre body: sites of its best partner
  LayoutObservations result_;
};

} // namespace

LayoutObservations observeLayouts(const Referents &referents, Decoder &decoder, FunctionIndex pre, FunctionIndex post) {
  const Function &preFunction = referents.pre().functions()[pre];
  const Function &postFunction = referents.post().functions()[post];
  if (std::max(preFunction.totalSize(), postFunction.totalSize()) > largestBody)
    return {};
  const OperationBody preBody = readOperations(decoder, referents.pre(), preFunction);
  const OperationBody postBody = readOperations(decoder, referents.post(), postFunction);
  return Observer(preBody, postBody, pre).observe();
}

} // namespace hotgate::analyzer
