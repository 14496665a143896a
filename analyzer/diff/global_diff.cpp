#include "analyzer/diff/global_diff.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

// The name is a label of the content; a changed constant has another name.
bool isPooledConstant(const Datum &datum) {
  return datum.name.starts_with("??_C@") || datum.name.starts_with("__real@") || datum.name.starts_with("__xmm@") ||
         datum.name.starts_with("__ymm@");
}

void comparePair(const Referents &referents, DatumIndex preIndex, DatumIndex postIndex,
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
  if (!referents.sameContent(pre, post)) {
    difference.valueChanged = true;
    difference.reasons.insert("initial value");
  }
  if (!difference.reasons.empty())
    result.push_back(std::move(difference));
}

} // namespace

std::vector<GlobalDifference> diffGlobals(const Referents &referents) {
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
      comparePair(referents, i, *post, result);
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
  return result;
}

} // namespace hotgate::analyzer
