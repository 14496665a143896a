#include "analyzer/diff/image_changes.h"

#include <algorithm>
#include <llvm/ADT/StringRef.h>
#include <map>
#include <set>
#include <tuple>

namespace hotgate::analyzer {

namespace {

void addSetChanges(const std::set<std::string> &pre, const std::set<std::string> &post, const std::string &what,
                   std::vector<ImageChange> &changes) {
  for (const std::string &name : pre)
    if (!post.contains(name))
      changes.push_back({what + " removed", name});
  for (const std::string &name : post)
    if (!pre.contains(name))
      changes.push_back({what + " added", name});
}

std::set<std::string> exportNames(const Image &image) {
  std::set<std::string> names;
  for (const Export &symbol : image.exports())
    names.insert((symbol.name.empty() ? fmt::format("#{}", symbol.ordinal) : symbol.name) +
                 (symbol.forwarder.empty() ? "" : " -> " + symbol.forwarder));
  return names;
}

std::set<std::string> importNames(const Image &image) {
  std::set<std::string> names;
  for (const Import &import : image.imports())
    names.insert(fmt::format("{} of {}{}", import.name, llvm::StringRef(import.dll).lower(),
                             import.delayed ? " (delayed)" : ""));
  return names;
}

std::set<std::string> dependencies(const Image &image) {
  std::set<std::string> names;
  for (const Import &import : image.imports())
    names.insert(llvm::StringRef(import.dll).lower());
  return names;
}

void addSectionChanges(const Image &pre, const Image &post, std::vector<ImageChange> &changes) {
  std::map<std::string, std::pair<const Section *, const Section *>> byName;
  for (const Section &section : pre.sections())
    byName[section.name].first = &section;
  for (const Section &section : post.sections())
    byName[section.name].second = &section;
  for (const auto &[name, sides] : byName) {
    const auto [a, b] = sides;
    if (a == nullptr || b == nullptr) {
      changes.push_back({a == nullptr ? "section added" : "section removed", name});
      continue;
    }
    if (a->virtualSize != b->virtualSize)
      changes.push_back({"section resized", fmt::format("{}: 0x{:x} -> 0x{:x}", name, a->virtualSize, b->virtualSize)});
    if (a->characteristics != b->characteristics)
      changes.push_back({"section characteristics",
                         fmt::format("{}: 0x{:08x} -> 0x{:08x}", name, a->characteristics, b->characteristics)});
  }
}

} // namespace

std::vector<ImageChange> diffImageTables(const Image &pre, const Image &post) {
  std::vector<ImageChange> changes;
  addSetChanges(exportNames(pre), exportNames(post), "export", changes);
  addSetChanges(importNames(pre), importNames(post), "import", changes);
  addSetChanges(dependencies(pre), dependencies(post), "dependency", changes);
  addSectionChanges(pre, post, changes);
  if (pre.isHotpatchCompatible() != post.isHotpatchCompatible())
    changes.push_back({"hotpatch compatibility", post.isHotpatchCompatible() ? "now marked" : "no longer marked"});
  const uint32_t preFlags = pre.loadConfiguration() ? pre.loadConfiguration()->guardFlags : 0;
  const uint32_t postFlags = post.loadConfiguration() ? post.loadConfiguration()->guardFlags : 0;
  if (preFlags != postFlags)
    changes.push_back({"guard flags", fmt::format("0x{:x} -> 0x{:x}", preFlags, postFlags)});
  std::sort(changes.begin(), changes.end(), [](const ImageChange &a, const ImageChange &b) {
    return std::tie(a.kind, a.detail) < std::tie(b.kind, b.detail);
  });
  return changes;
}

} // namespace hotgate::analyzer
