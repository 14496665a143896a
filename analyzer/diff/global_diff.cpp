#include "analyzer/diff/global_diff.h"

#include "analyzer/image/tls_directory.h"

#include <algorithm>
#include <llvm/BinaryFormat/COFF.h>

namespace hotgate::analyzer {

namespace {

// The name is a label of the content; a changed constant has another name.
bool isPooledConstant(const Datum &datum) {
  return datum.name.starts_with("??_C@") || datum.name.starts_with("__real@") || datum.name.starts_with("__xmm@") ||
         datum.name.starts_with("__ymm@");
}

// What a section lets others do with it, but for writing, which has reasons of its own.
uint32_t otherRights(const Image &image, uint32_t rva) {
  constexpr uint32_t rights =
      llvm::COFF::IMAGE_SCN_MEM_SHARED | llvm::COFF::IMAGE_SCN_MEM_EXECUTE | llvm::COFF::IMAGE_SCN_MEM_DISCARDABLE;
  const Section *section = image.sectionAt(rva);
  return section == nullptr ? 0 : section->characteristics & rights;
}

struct ThreadBlocks {
  std::optional<TlsDirectory> pre, post;
};

void compareThreadLocal(const ThreadBlocks &blocks, const Datum &pre, const Datum &post,
                        std::set<std::string> &reasons) {
  if (pre.isThreadLocal != post.isThreadLocal)
    reasons.insert(post.isThreadLocal ? "became thread-local" : "no longer thread-local");
  if (pre.isThreadLocal && post.isThreadLocal && blocks.pre && blocks.post &&
      pre.rva - blocks.pre->templateRva != post.rva - blocks.post->templateRva)
    reasons.insert("thread-local offset");
}

void comparePair(const Referents &referents, const ThreadBlocks &blocks, DatumIndex preIndex, DatumIndex postIndex,
                 std::vector<GlobalDifference> &result) {
  const Datum &pre = referents.pre().data()[preIndex];
  const Datum &post = referents.post().data()[postIndex];
  GlobalDifference difference{pre.name, ChangeStatus::changed, preIndex, postIndex, false, false, {}};
  const bool wasMutable = referents.isMutable(referents.pre(), pre.rva);
  difference.isMutable = referents.isMutable(referents.post(), post.rva);
  if (wasMutable != difference.isMutable)
    difference.reasons.insert(wasMutable ? "became constant" : "became mutable");
  if (pre.sized && post.sized && pre.size != post.size)
    difference.reasons.insert("size");
  if (pre.typeName != post.typeName)
    difference.reasons.insert("type");
  if (otherRights(referents.pre().image(), pre.rva) != otherRights(referents.post().image(), post.rva))
    difference.reasons.insert("section rights");
  compareThreadLocal(blocks, pre, post, difference.reasons);
  if (!referents.sameContent(pre, post)) {
    difference.valueChanged = true;
    difference.reasons.insert("initial value");
  }
  if (!difference.reasons.empty())
    result.push_back(std::move(difference));
}

// Statics of several object files can have one name.
void makeNamesUnique(const Referents &referents, std::vector<GlobalDifference> &sorted) {
  std::set<std::string> known;
  for (GlobalDifference &difference : sorted) {
    if (known.insert(difference.name).second)
      continue;
    const Datum &datum =
        difference.post ? referents.post().data()[*difference.post] : referents.pre().data()[*difference.pre];
    const std::string stem = fmt::format("{} ({})", difference.name, datum.object.empty() ? "again" : datum.object);
    difference.name = stem;
    for (int n = 2; !known.insert(difference.name).second; ++n)
      difference.name = fmt::format("{} {}", stem, n);
  }
}

} // namespace

std::vector<GlobalDifference> diffGlobals(const Referents &referents) {
  const ThreadBlocks blocks{readTlsDirectory(referents.pre().image()), readTlsDirectory(referents.post().image())};
  std::vector<GlobalDifference> result;
  std::vector<bool> paired(referents.post().data().size(), false);
  std::set<std::string> preNames;
  for (DatumIndex i = 0; i < referents.pre().data().size(); ++i) {
    const Datum &datum = referents.pre().data()[i];
    if (datum.name.empty() || isPooledConstant(datum))
      continue;
    preNames.insert(datum.name);
    if (const auto post = referents.pairing().data.toPost(i)) {
      paired[*post] = true;
      comparePair(referents, blocks, i, *post, result);
    }
  }
  std::set<std::string> postNames;
  for (DatumIndex i = 0; i < referents.post().data().size(); ++i) {
    const Datum &datum = referents.post().data()[i];
    if (datum.name.empty() || isPooledConstant(datum))
      continue;
    postNames.insert(datum.name);
    if (!paired[i] && !preNames.contains(datum.name))
      result.push_back({datum.name,
                        ChangeStatus::added,
                        std::nullopt,
                        i,
                        referents.isMutable(referents.post(), datum.rva),
                        false,
                        {}});
  }
  for (DatumIndex i = 0; i < referents.pre().data().size(); ++i) {
    const Datum &datum = referents.pre().data()[i];
    if (!datum.name.empty() && !isPooledConstant(datum) && !referents.pairing().data.toPost(i) &&
        !postNames.contains(datum.name))
      result.push_back({datum.name,
                        ChangeStatus::removed,
                        i,
                        std::nullopt,
                        referents.isMutable(referents.pre(), datum.rva),
                        false,
                        {}});
  }
  std::stable_sort(result.begin(), result.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
  makeNamesUnique(referents, result);
  return result;
}

} // namespace hotgate::analyzer
