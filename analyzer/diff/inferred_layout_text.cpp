#include "analyzer/diff/inferred_layout_text.h"

#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

namespace hotgate::analyzer {

namespace {

std::string counted(size_t count, const char *what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// "1 function accesses", "7 functions access"
std::string functionsAccess(const InferredLayout &layout) {
  return counted(layout.functionCount, "function") + (layout.functionCount == 1 ? " accesses" : " access");
}

// "64 to 72"; of several the first.
std::string sizesText(const InferredLayout &layout) {
  std::set<std::pair<int64_t, int64_t>> pairs;
  for (const SizeSite &size : layout.sizes)
    pairs.emplace(size.pre, size.post);
  const auto &[pre, post] = *pairs.begin();
  return fmt::format("{} {} from {} to {} bytes{}", counted(layout.sizeCount, "size"),
                     post > pre ? (layout.sizeCount == 1 ? "grows" : "grow")
                                : (layout.sizeCount == 1 ? "shrinks" : "shrink"),
                     pre, post, pairs.size() > 1 ? " and the like" : "");
}

std::string movedText(const InferredLayout &layout) {
  return fmt::format("{} members from +{:#x} on at {} bytes {}", functionsAccess(layout), *layout.start,
                     std::abs(layout.delta), layout.delta < 0 ? "less" : "more");
}

std::string widenedText(const InferredLayout &layout) {
  if (layout.delta != 0)
    return movedText(layout) + ", and the one in front of them wider";
  const DisplacementSite &site = layout.sites.front();
  return fmt::format("{} the member at +{:#x} as {} bytes instead of {}", functionsAccess(layout), *layout.start,
                     site.postWidth, site.preWidth);
}

std::string reorderedText(const InferredLayout &layout) {
  std::set<std::pair<int64_t, int64_t>> moves;
  for (const DisplacementSite &site : layout.sites)
    if (site.pre != site.post)
      moves.emplace(site.pre, site.post);
  constexpr size_t mostShown = 3;
  std::string shown;
  for (auto move = moves.begin(); move != moves.end() && std::distance(moves.begin(), move) < ptrdiff_t{mostShown};
       ++move)
    shown += fmt::format("{}+{:#x} -> +{:#x}", shown.empty() ? "" : ", ", move->first, move->second);
  return fmt::format("{} members that changed places: {}{}", functionsAccess(layout), shown,
                     moves.size() > mostShown ? ", ..." : "");
}

} // namespace

std::string inferredLayoutText(const InferredLayout &layout) {
  std::string text;
  switch (layout.kind) {
  case LayoutChangeKind::inserted:
  case LayoutChangeKind::removed:
    text = movedText(layout);
    break;
  case LayoutChangeKind::widened:
    text = widenedText(layout);
    break;
  case LayoutChangeKind::reordered:
    text = reorderedText(layout);
    break;
  case LayoutChangeKind::grown:
  case LayoutChangeKind::shrunk:
    return fmt::format("{} in {}", sizesText(layout), counted(layout.functionCount, "function"));
  case LayoutChangeKind::bitField:
    return fmt::format("{} of the bits from +{:#x} on differ in {}", counted(layout.bitCount, "mask or shift"),
                       *layout.start, counted(layout.functionCount, "function"));
  }
  return layout.sizes.empty() ? text : text + ", and " + sizesText(layout);
}

std::vector<LayoutEvidenceLine> inferredLayoutEvidence(const InferredLayout &layout) {
  std::map<std::pair<FunctionIndex, std::string>, size_t> places;
  for (const DisplacementSite &site : layout.sites)
    ++places[{site.site.function,
              site.pre != site.post ? fmt::format("+{:#x} -> +{:#x}", site.pre, site.post)
                                    : fmt::format("+{:#x}: {} -> {} bytes", site.pre, site.preWidth, site.postWidth)}];
  for (const SizeSite &size : layout.sizes)
    ++places[{size.site.function, fmt::format("{} -> {} bytes", size.pre, size.post)}];
  for (const BitSite &bit : layout.bits)
    ++places[{bit.site.function, fmt::format("bits {:#x} -> {:#x}", bit.pre, bit.post)}];
  std::vector<LayoutEvidenceLine> lines;
  lines.reserve(places.size());
  for (const auto &[key, count] : places)
    lines.push_back({key.second, count, key.first});
  return lines;
}

} // namespace hotgate::analyzer
