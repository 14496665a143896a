#include "analyzer/diff/inferred_layout.h"

#include "analyzer/diff/funclets.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tuple>
#include <utility>

namespace hotgate::analyzer {

std::string_view layoutChangeKindName(LayoutChangeKind kind) {
  switch (kind) {
  case LayoutChangeKind::inserted:
    return "inserted";
  case LayoutChangeKind::removed:
    return "removed";
  case LayoutChangeKind::widened:
    return "widened";
  case LayoutChangeKind::reordered:
    return "reordered";
  case LayoutChangeKind::grown:
    return "grown";
  case LayoutChangeKind::shrunk:
    return "shrunk";
  case LayoutChangeKind::bitField:
    return "bit field";
  }
  return "";
}

std::string_view layoutConfidenceName(LayoutConfidence confidence) {
  switch (confidence) {
  case LayoutConfidence::low:
    return "low";
  case LayoutConfidence::medium:
    return "medium";
  case LayoutConfidence::high:
    return "high";
  }
  return "";
}

namespace {

constexpr size_t mostEvidence = 16; // of each list

// A funclet's frame changes with that of its function.
std::set<FunctionIndex> funcletsOfChanged(const Program &pre, const std::vector<FunctionDifference> &functions) {
  std::set<FunctionIndex> funclets;
  for (const FunctionDifference &difference : functions)
    if (difference.status == ChangeStatus::changed)
      addFunclets(pre, pre.functions()[*difference.pre], funclets);
  return funclets;
}

// Whether a number other than a reference can differ in the pair: the listing says why its rows differ.
bool mayDifferInNumbers(const FunctionDifference &difference) {
  if (difference.status != ChangeStatus::changed || difference.lineOnly)
    return false;
  const auto has = [&](const char *reason) { return difference.reasons.contains(reason); };
  return has("immediate") || has("operand") || has("instruction") || (has("code added") && has("code removed"));
}

template <class Item> void append(std::vector<Item> &to, std::vector<Item> &&from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

template <class Item> std::vector<Item> firstOf(const std::vector<Item> &items) {
  return {items.begin(), items.begin() + static_cast<ptrdiff_t>(std::min(items.size(), mostEvidence))};
}

// The distance that most sites moved by.
int64_t usualDelta(const ObjectCluster &cluster) {
  std::map<int64_t, size_t> counts;
  for (const DisplacementSite &site : cluster.sites)
    if (site.pre != site.post)
      ++counts[site.post - site.pre];
  const auto most = std::ranges::max_element(counts, {}, [](const auto &entry) { return entry.second; });
  return most == counts.end() ? 0 : most->first;
}

// Of every function its first places, before any has its second: what says most. By RVA.
std::vector<DisplacementSite> mostTelling(std::vector<DisplacementSite> sites) {
  const auto byPlace = [](const DisplacementSite &site) { return std::pair(site.site.preRva, site.pre); };
  std::ranges::sort(sites, {}, byPlace);
  std::map<FunctionIndex, size_t> seen;
  std::vector<std::pair<size_t, DisplacementSite>> ranked;
  ranked.reserve(sites.size());
  for (const DisplacementSite &site : sites)
    ranked.emplace_back(seen[site.site.function]++, site);
  std::ranges::stable_sort(ranked, {}, [](const auto &entry) { return entry.first; });
  ranked.resize(std::min(ranked.size(), mostEvidence));
  sites.clear();
  for (const auto &[rank, site] : ranked)
    sites.push_back(site);
  std::ranges::sort(sites, {}, byPlace);
  return sites;
}

class Inference {
public:
  Inference(LayoutObservations observed, const Budget &budget) : observed_(std::move(observed)), budget_(budget) {}

  std::vector<InferredLayout> infer() {
    for (const SizeSite &size : observed_.sizes)
      sizes_[{size.pre, size.post}].push_back(&size);
    for (const auto &[sizes, sites] : sizes_)
      ++pairsOfDelta_[sizes.second - sizes.first];
    for (const ObjectCluster &cluster : clusterObjects(observed_.objects, budget_))
      judgeMoves(cluster);
    judgeSizes();
    judgeBits();
    std::ranges::stable_sort(result_, std::greater<>(), [](const InferredLayout &layout) {
      return std::tuple(layout.confidence, layout.functionCount, layout.siteCount);
    });
    return std::move(result_);
  }

private:
  using SizePair = std::pair<int64_t, int64_t>;

  // Enough that a code edit does not look like it: one that uses another member moves one displacement, in one place.
  bool isShift(const ObjectCluster &cluster, bool sizesAgree) const {
    const size_t moved = cluster.map.moves().size();
    const size_t functions = cluster.functions.size();
    if (!cluster.map.isShift() || moved == 0 || cluster.map.unmovedBehind() > moved || cluster.whole.empty())
      return false;
    if (moved == 1 && cluster.map.moves().contains(0)) // `*p` that became `p[1]`
      return false;
    if (sizesAgree && cluster.sites.size() >= 2 && (moved >= 2 || functions >= 2))
      return true;
    if (functions == 1)
      return moved >= 3;
    return moved >= 2 ? cluster.sites.size() >= 3 : cluster.whole.size() >= 3 && cluster.map.unmovedBehind() == 0;
  }

  bool isReordering(const ObjectCluster &cluster) const {
    const size_t moved = cluster.map.moves().size();
    if (cluster.whole.empty())
      return false;
    if (cluster.map.hasSwap())
      return cluster.sites.size() >= 3;
    return !cluster.map.isShift() && moved >= 2 && cluster.sites.size() >= 4 && cluster.functions.size() >= 2;
  }

  // A member became wider and the padding behind it took it up.
  bool isWidening(const ObjectCluster &cluster) const {
    return cluster.map.moves().empty() && cluster.sites.size() >= 3 && cluster.functions.size() >= 2 &&
           std::ranges::all_of(cluster.sites, [&](const DisplacementSite &site) {
             return site.pre == cluster.sites.front().pre && site.preWidth == cluster.sites.front().preWidth &&
                    site.postWidth == cluster.sites.front().postWidth;
           });
  }

  void judgeMoves(const ObjectCluster &cluster) {
    if (cluster.contradictions > cluster.map.moves().size())
      return;
    InferredLayout layout;
    layout.delta = usualDelta(cluster);
    const std::vector<const SizeSite *> sizes = sizesOf(cluster);
    if (isReordering(cluster))
      layout.kind = LayoutChangeKind::reordered;
    else if (isShift(cluster, !sizes.empty()))
      layout.kind = layout.delta < 0          ? LayoutChangeKind::removed
                    : isWiderInFront(cluster) ? LayoutChangeKind::widened
                                              : LayoutChangeKind::inserted;
    else if (isWidening(cluster))
      layout.kind = LayoutChangeKind::widened;
    else
      return;
    if (layout.kind == LayoutChangeKind::reordered)
      layout.delta = 0;
    layout.start = cluster.map.moves().empty() ? cluster.sites.front().pre : cluster.map.moves().begin()->first;
    layout.siteCount = cluster.sites.size();
    layout.contradictions = cluster.contradictions;
    layout.sites = mostTelling(cluster.sites);
    if (layout.delta != 0)
      addSizes(layout, sizes);
    finish(layout, cluster.functions);
  }

  // Of sizes that grew by what the members moved by.
  std::vector<const SizeSite *> sizesOf(const ObjectCluster &cluster) const {
    const int64_t delta = usualDelta(cluster);
    std::vector<const SizeSite *> result;
    for (const auto &[sizes, sites] : sizes_)
      if (delta != 0 && sizes.second - sizes.first == delta && !explained_.contains(sizes) && isGrowth(sizes))
        result.insert(result.end(), sites.begin(), sites.end());
    return result;
  }

  // A type that grew; numbers that are flags or counts as likely do not count. Nor do many that changed by one amount:
  // those are the lines of a file (`__LINE__`).
  bool isGrowth(const SizePair &sizes) const {
    constexpr int64_t smallest = 8, alignment = 4;
    constexpr size_t mostPairs = 3;
    const int64_t delta = sizes.second - sizes.first;
    const int64_t least = std::min(sizes.first, sizes.second);
    return least >= smallest && delta % alignment == 0 && std::abs(delta) <= least &&
           pairsOfDelta_.at(delta) <= mostPairs;
  }

  // Several places, and not all of them arguments of one function: that number can mean anything.
  static bool areSizes(const std::vector<const SizeSite *> &sites) {
    std::set<std::string> callees;
    bool isSteppedOver = false;
    for (const SizeSite *site : sites)
      if (site->use == SizeUse::callArgument)
        callees.insert(site->callee);
      else
        isSteppedOver = true;
    const bool isAllocated = std::ranges::any_of(callees, isAllocator);
    return sites.size() >= 2 && (isSteppedOver || isAllocated || callees.size() >= 2);
  }

  // By the names that images import, or that an exported function of this image has.
  static bool isAllocator(std::string_view callee) {
    const size_t dll = callee.rfind('!');
    const std::string_view name = dll == std::string_view::npos ? callee : callee.substr(dll + 1);
    constexpr std::array<std::string_view, 16> names = {"HeapAlloc",
                                                        "HeapReAlloc",
                                                        "RtlAllocateHeap",
                                                        "RtlReAllocateHeap",
                                                        "LocalAlloc",
                                                        "GlobalAlloc",
                                                        "malloc",
                                                        "calloc",
                                                        "realloc",
                                                        "??2@YAPEAX_K@Z",
                                                        "??2@YAPAXI@Z",
                                                        "CoTaskMemAlloc",
                                                        "ExAllocatePoolWithTag",
                                                        "ExAllocatePool2",
                                                        "memset",
                                                        "memcpy"};
    return std::ranges::find(names, name) != names.end();
  }

  bool isWiderInFront(const ObjectCluster &cluster) const {
    constexpr int64_t widest = 8;
    const int64_t start = cluster.map.moves().begin()->first;
    return std::ranges::any_of(cluster.sites, [&](const DisplacementSite &site) {
      return site.preWidth != 0 && site.preWidth < site.postWidth && site.pre <= start && start - site.pre <= widest;
    });
  }

  void addSizes(InferredLayout &layout, const std::vector<const SizeSite *> &sizes) {
    layout.sizeCount = sizes.size();
    for (const SizeSite *size : sizes) {
      explained_.insert({size->pre, size->post});
      if (layout.sizes.size() < mostEvidence)
        layout.sizes.push_back(*size);
    }
  }

  void finish(InferredLayout &layout, std::set<FunctionIndex> functions) {
    for (const SizeSite &size : layout.sizes)
      functions.insert(size.site.function);
    for (const BitSite &bit : layout.bits)
      functions.insert(bit.site.function);
    layout.functionCount = functions.size();
    layout.functions = firstOf(std::vector<FunctionIndex>(functions.begin(), functions.end()));
    const bool isSupported = layout.sizeCount != 0 && layout.siteCount != 0;
    layout.confidence = functions.size() >= 3 || isSupported ? LayoutConfidence::high
                        : functions.size() == 2              ? LayoutConfidence::medium
                                                             : LayoutConfidence::low;
    result_.push_back(std::move(layout));
  }

  // A type that grew at its end: one size became another in several places.
  void judgeSizes() {
    for (const auto &[sizes, sites] : sizes_) {
      const int64_t delta = sizes.second - sizes.first;
      if (explained_.contains(sizes) || !isGrowth(sizes) || !areSizes(sites))
        continue;
      InferredLayout layout;
      layout.kind = delta > 0 ? LayoutChangeKind::grown : LayoutChangeKind::shrunk;
      layout.delta = delta;
      addSizes(layout, sites);
      finish(layout, {});
    }
  }

  // How far a field's bits moved in this mask or shift: `and eax, 0x3e0` -> `and eax, 0xf80` is 2, as is `shr eax, 5`
  // -> `shr eax, 7`. 0: it does not say.
  static int64_t bitsMoved(const BitSite &site) {
    constexpr int64_t mostBits = 64;
    for (int64_t bits = 1; bits < 32; ++bits)
      for (const bool isCleared : {false, true}) { // `and eax, ~mask` clears the field
        const auto pre = static_cast<uint64_t>(isCleared ? ~site.pre : site.pre) & UINT32_MAX;
        const auto post = static_cast<uint64_t>(isCleared ? ~site.post : site.post) & UINT32_MAX;
        if (pre != 0 && post != 0 && ((pre << bits) & UINT32_MAX) == post && (post >> bits) == pre)
          return bits;
        if (pre != 0 && post != 0 && ((post << bits) & UINT32_MAX) == pre && (pre >> bits) == post)
          return -bits;
      }
    return std::max(site.pre, site.post) < mostBits && std::min(site.pre, site.post) >= 0 ? site.post - site.pre : 0;
  }

  // Sites of one storage unit, of which several say that the same bits moved by the same number.
  void judgeBits() {
    constexpr int64_t storage = 4;
    std::map<int64_t, std::vector<const BitSite *>> places;
    for (const BitSite &site : observed_.bits)
      if (site.displacement >= 0)
        places[site.displacement / storage].push_back(&site);
    for (const auto &[place, sites] : places) {
      std::map<int64_t, std::set<FunctionIndex>> moved;
      for (const BitSite *site : sites)
        if (const int64_t bits = bitsMoved(*site))
          moved[bits].insert(site->site.function);
      const bool agree = std::ranges::any_of(moved, [](const auto &entry) { return entry.second.size() >= 2; });
      if (!agree || sites.size() < 3)
        continue;
      InferredLayout layout;
      layout.kind = LayoutChangeKind::bitField;
      layout.start = place * storage;
      layout.bitCount = sites.size();
      for (const BitSite *site : sites)
        if (layout.bits.size() < mostEvidence)
          layout.bits.push_back(*site);
      finish(layout, {});
    }
  }

  LayoutObservations observed_;
  const Budget &budget_;
  std::map<SizePair, std::vector<const SizeSite *>> sizes_;
  std::map<int64_t, size_t> pairsOfDelta_; // how many different sizes changed by that much
  std::set<SizePair> explained_;           // by members that moved
  std::vector<InferredLayout> result_;
};

} // namespace

Result<InferredLayouts> inferLayouts(const Referents &referents, const std::vector<FunctionDifference> &functions,
                                     const Budget &budget) {
  const Machine machine = referents.pre().image().machine();
  HOTGATE_TRY([[maybe_unused]] auto probe, Decoder::create(machine));
  std::vector<const FunctionDifference *> changed;
  const std::set<FunctionIndex> funclets = funcletsOfChanged(referents.pre(), functions);
  for (const FunctionDifference &difference : functions)
    if (mayDifferInNumbers(difference) && !funclets.contains(*difference.pre))
      changed.push_back(&difference);
  std::vector<LayoutObservations> observed(changed.size());
  std::atomic<size_t> notRead = 0;
  tbb::enumerable_thread_specific<Decoder> decoders([machine] { return *Decoder::create(machine); });
  tbb::parallel_for(size_t{0}, changed.size(), [&](size_t i) {
    if (budget.isSpent())
      ++notRead;
    else
      observed[i] = observeLayouts(referents, decoders.local(), *changed[i]->pre, *changed[i]->post);
  });
  LayoutObservations all;
  for (LayoutObservations &each : observed) {
    append(all.objects, std::move(each.objects));
    append(all.sizes, std::move(each.sizes));
    append(all.bits, std::move(each.bits));
    all.sameBits += each.sameBits;
  }
  InferredLayouts result;
  result.notRead = notRead;
  result.layouts = Inference(std::move(all), budget).infer();
  return result;
}

} // namespace hotgate::analyzer
