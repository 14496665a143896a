#include "analyzer/code/ownership.h"

#include <algorithm>
#include <tbb/parallel_sort.h>
#include <tuple>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t granuleBits = 6; // 64 bytes: a few owners each, and an index of a sixteenth of the image's size

std::vector<Owner> collect(const std::vector<Function> &functions, const std::vector<Datum> &data,
                           const std::vector<Structure> &structures) {
  std::vector<Owner> owners;
  owners.reserve(functions.size() * 2 + data.size() + structures.size());
  for (uint32_t i = 0; i < functions.size(); ++i)
    for (int part = -1; part < functions[i].rangeCount(); ++part)
      owners.push_back({functions[i].range(part), i, part, Owner::Kind::function});
  for (uint32_t i = 0; i < data.size(); ++i)
    owners.push_back({{data[i].rva, data[i].size}, i, -1, Owner::Kind::datum});
  for (uint32_t i = 0; i < structures.size(); ++i)
    owners.push_back({{structures[i].rva, structures[i].size}, i, -1, Owner::Kind::structure});
  tbb::parallel_sort(owners.begin(), owners.end(), [](const Owner &a, const Owner &b) {
    return std::tie(a.range.rva, a.kind, a.index, a.part) < std::tie(b.range.rva, b.kind, b.index, b.part);
  });
  return owners;
}

// Who begins later gives way.
void cutOverlaps(std::vector<Owner> &owners) {
  uint32_t taken = 0;
  size_t kept = 0;
  for (Owner owner : owners) {
    if (owner.range.size == 0 || owner.range.end() <= taken)
      continue;
    if (owner.range.rva < taken)
      owner.range = {taken, owner.range.end() - taken};
    taken = owner.range.end();
    owners[kept++] = owner;
  }
  owners.resize(kept);
}

} // namespace

Ownership::Ownership(uint32_t sizeOfImage, const std::vector<Function> &functions, const std::vector<Datum> &data,
                     const std::vector<Structure> &structures)
    : owners_(collect(functions, data, structures)) {
  cutOverlaps(owners_);
  const uint32_t end = std::max(sizeOfImage, owners_.empty() ? 0 : owners_.back().range.end());
  firstOfGranule_.resize((end >> granuleBits) + 1);
  uint32_t owner = 0;
  for (uint32_t granule = 0; granule < firstOfGranule_.size(); ++granule) {
    while (owner < owners_.size() && owners_[owner].range.end() <= granule << granuleBits)
      ++owner;
    firstOfGranule_[granule] = owner;
  }
}

const Owner *Ownership::at(uint32_t rva) const {
  const uint32_t granule = rva >> granuleBits;
  if (granule >= firstOfGranule_.size())
    return nullptr;
  for (uint32_t i = firstOfGranule_[granule]; i < owners_.size() && owners_[i].range.rva <= rva; ++i)
    if (owners_[i].range.contains(rva))
      return &owners_[i];
  return nullptr;
}

} // namespace hotgate::analyzer
