#include "corpus/tools/make_hotpatch.h"

#include "analyzer/image/hotpatch_format.h"
#include "corpus/tools/hotpatch_metadata.h"
#include "corpus/tools/linker_map.h"
#include "corpus/tools/portable_executable.h"

#include <algorithm>
#include <llvm/Support/Endian.h>
#include <map>

namespace hotgate::corpus {
namespace {

struct Builds {
  PortableExecutable base;
  LinkerMap baseMap;
  PortableExecutable post;
  LinkerMap postMap;
};

Result<Builds> open(const HotpatchRequest &request) {
  HOTGATE_TRY(auto base, PortableExecutable::open(request.base));
  HOTGATE_TRY(auto baseMap, LinkerMap::read(request.baseMap));
  HOTGATE_TRY(auto post, PortableExecutable::open(request.post));
  HOTGATE_TRY(auto postMap, LinkerMap::read(request.postMap));
  if (base.machine() != post.machine())
    return failInput(post.entity(), "COFF header", "it is for another machine than the base",
                     "give two builds of the same program");
  if (base.checksum() == 0)
    return failInput(base.entity(), "optional header",
                     "CheckSum is 0, and a hotpatch recognises its base by timestamp and checksum",
                     "link the base with /release (clang: -Wl,-Xlink=-release)");
  return Builds{std::move(base), std::move(baseMap), std::move(post), std::move(postMap)};
}

Result<std::vector<uint32_t>> originalBytes(const PortableExecutable &base, uint32_t rva, uint32_t values) {
  if (values == 0)
    return std::vector<uint32_t>();
  HOTGATE_TRY(const auto bytes, base.read(rva, values * 4));
  // A relocated address inside the expected bytes would differ in every process.
  for (const auto &relocation : base.coff().base_relocs()) {
    uint32_t at = 0;
    uint8_t type = 0;
    if (relocation.getRVA(at) || relocation.getType(type) || type == llvm::COFF::IMAGE_REL_BASED_ABSOLUTE)
      continue;
    if (at + base.pointerSize() > rva && at < rva + bytes.size())
      return failInput(base.entity(), fmt::format("RVA {:#x}", rva),
                       "a base relocation lies inside the original bytes that the record would expect",
                       "use a smaller --extra-patch-size");
  }
  std::vector<uint32_t> result;
  for (size_t at = 0; at < bytes.size(); at += 4)
    result.push_back(llvm::support::endian::read32le(&bytes[at]));
  return result;
}

// A function that is folded with another has one RVA for both names: asked for under both it is one record.
Result<std::vector<Redirect>> redirects(const Builds &builds, const HotpatchRequest &request) {
  std::map<uint32_t, uint32_t> targets;
  for (const std::string &name : request.functions) {
    HOTGATE_TRY(const MapSymbol old, builds.baseMap.find(name));
    HOTGATE_TRY(const MapSymbol replacement, builds.postMap.find(old.decorated));
    for (const auto &[image, symbol] : {std::pair(&builds.base, &old), std::pair(&builds.post, &replacement)})
      if (!image->isExecutable(symbol->rva))
        return failInput(image->entity(), fmt::format("{} at RVA {:#x}", name, symbol->rva),
                         "it is not in an executable section", "give the name of a function");
    const auto [at, isNew] = targets.emplace(old.rva, replacement.rva);
    if (!isNew && at->second != replacement.rva)
      return failInput(builds.base.entity(), fmt::format("{} at RVA {:#x}", name, old.rva),
                       "it is folded with another function in the base and separate in the post image",
                       "build both without identical code folding (/opt:noicf)");
  }
  std::vector<Redirect> records;
  for (const auto &[written, target] : targets) {
    HOTGATE_TRY(auto expected, originalBytes(builds.base, written, request.extraPatchSize));
    records.push_back({{written, target}, std::move(expected)});
  }
  return records;
}

// Each __ref_X of the patch is bound to the base's X.
Result<std::vector<Binding>> references(const Builds &builds) {
  std::vector<Binding> bindings;
  for (const MapSymbol &symbol : builds.postMap.symbols()) {
    std::string_view name = symbol.decorated;
    if (builds.post.machine() == hotpatch::machineI386 && name.starts_with('_'))
      name.remove_prefix(1);
    if (!name.starts_with(hotpatch::referencePrefix))
      continue;
    HOTGATE_TRY(const MapSymbol variable, builds.baseMap.find(name.substr(hotpatch::referencePrefix.size())));
    bindings.push_back({symbol.rva, variable.rva});
  }
  return bindings;
}

Result<std::vector<Binding>> sharedImports(const Builds &builds) {
  HOTGATE_TRY(const auto baseSlots, builds.base.importSlots());
  HOTGATE_TRY(const auto postSlots, builds.post.everyImportSlot());
  std::vector<Binding> bindings;
  for (const auto &[name, slot] : postSlots)
    if (const auto found = baseSlots.find(name); found != baseSlots.end())
      bindings.push_back({slot, found->second});
  return bindings;
}

// Functions of the patch whose address may be taken stay valid targets of guarded calls.
Result<std::vector<Binding>> callTargets(const Builds &builds, const std::vector<Redirect> &redirected) {
  HOTGATE_TRY(const auto guarded, builds.post.guardedFunctions());
  std::vector<Binding> bindings;
  for (const Redirect &redirect : redirected)
    if (guarded.contains(redirect.binding.target))
      bindings.push_back({redirect.binding.target, redirect.binding.written});
  return bindings;
}

} // namespace

Result<std::vector<uint8_t>> makeHotpatch(const HotpatchRequest &request) {
  if (request.functions.empty())
    return failUsage("make_hotpatch", "--function", "no function is named", "name at least one that the fix changed");
  if (!hotpatch::infoSize(request.version))
    return failUsage("make_hotpatch", "--version", fmt::format("{} is not 1 to 4", request.version));
  if (request.sequence == 0)
    return failUsage("make_hotpatch", "--sequence", "0 is refused by the loader", "count from 1");
  if (request.extraPatchSize != 0 && request.version < 3)
    return failUsage("make_hotpatch", "--extra-patch-size", "the field exists since version 3", "use --version 3 or 4");

  HOTGATE_TRY(const Builds builds, open(request));
  HotpatchMetadata metadata;
  metadata.version = request.version;
  metadata.sequence = request.sequence;
  metadata.extraPatchSize = request.extraPatchSize;
  metadata.machine = builds.base.machine();
  metadata.baseTimestamp = builds.base.timestamp();
  metadata.baseChecksum = builds.base.checksum();
  HOTGATE_TRY(metadata.redirects, redirects(builds, request));
  HOTGATE_TRY(metadata.absolute, references(builds));
  HOTGATE_TRY(metadata.indirect, sharedImports(builds));
  HOTGATE_TRY(metadata.callTargets, callTargets(builds, metadata.redirects));
  return withHotpatchSection(builds.post, serialize(std::move(metadata)));
}

} // namespace hotgate::corpus
