#include "analyzer/diff/referents.h"

#include <algorithm>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Endian.h>
#include <unordered_map>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;
using llvm::support::endian::read64le;

namespace {

constexpr uint32_t mostAlignmentTail = 15; // zero bytes that alignment may add behind an unnamed constant

uint8_t byteOrZero(std::span<const uint8_t> bytes, uint32_t index) { return index < bytes.size() ? bytes[index] : 0; }

// Fragment of the function that holds the address: -1 is the body.
struct FunctionPlace {
  int range;
  uint32_t offset;
  bool operator==(const FunctionPlace &) const = default;
};

FunctionPlace placeIn(const Function &function, uint32_t rva) {
  for (size_t i = 0; i < function.fragments.size(); ++i)
    if (function.fragments[i].contains(rva))
      return {static_cast<int>(i), rva - function.fragments[i].rva};
  return {-1, rva - function.body.rva};
}

} // namespace

Referents::Referents(const Program &pre, const Program &post, const Pairing &pairing)
    : pre_(pre), post_(post), pairing_(pairing), dataToPost_(pre.data().size()) {
  pairData();
}

// By name; what several data are called is told apart by its object file (a static of each of two source files).
void Referents::pairData() {
  pairDataBy([](const Datum &datum) { return datum.name; });
  pairDataBy([](const Datum &datum) { return datum.object.empty() ? "" : datum.object + '\n' + datum.name; });
}

// Data without a key ("") stay out.
void Referents::pairDataBy(const std::function<std::string(const Datum &)> &keyOf) {
  struct Candidates {
    size_t preCount = 0, postCount = 0;
    DatumIndex pre = 0, post = 0;
  };
  std::unordered_map<std::string, Candidates> byKey;
  for (DatumIndex i = 0; i < pre_.data().size(); ++i)
    if (std::string key = keyOf(pre_.data()[i]); !key.empty() && !dataToPost_[i]) {
      Candidates &candidates = byKey[std::move(key)];
      ++candidates.preCount;
      candidates.pre = i;
    }
  for (DatumIndex i = 0; i < post_.data().size(); ++i)
    if (std::string key = keyOf(post_.data()[i]); !key.empty()) {
      Candidates &candidates = byKey[std::move(key)];
      ++candidates.postCount;
      candidates.post = i;
    }
  for (const auto &[key, candidates] : byKey)
    if (candidates.preCount == 1 && candidates.postCount == 1)
      dataToPost_[candidates.pre] = candidates.post;
}

bool Referents::isMutable(const Program &program, uint32_t rva) const {
  const Section *section = program.image().sectionAt(rva);
  return section != nullptr && section->isWritable();
}

bool Referents::same(uint32_t preRva, uint32_t postRva) {
  const Import *preImport = pre_.image().importAtSlot(preRva);
  const Import *postImport = post_.image().importAtSlot(postRva);
  if (preImport != nullptr || postImport != nullptr)
    return preImport != nullptr && postImport != nullptr && preImport->name == postImport->name &&
           llvm::StringRef(preImport->dll).equals_insensitive(postImport->dll);
  if (const auto function = pre_.functionContaining(preRva))
    return sameFunctionPlace(*function, preRva, postRva);
  if (const Structure *preStructure = structureAt(pre_.structures(), preRva)) {
    const Structure *postStructure = structureAt(post_.structures(), postRva);
    return postStructure != nullptr && postStructure->kind == preStructure->kind &&
           postRva - postStructure->rva == preRva - preStructure->rva;
  }
  if (const auto datum = pre_.datumContaining(preRva))
    return sameDatumPlace(*datum, preRva, postRva);
  // Headers (`__ImageBase`) and places outside every section have no owner that could move.
  return preRva == postRva && post_.image().sectionAt(postRva) == nullptr;
}

bool Referents::sameFunctionPlace(FunctionIndex preFunction, uint32_t preRva, uint32_t postRva) const {
  const auto partner = pairing_.toPost(preFunction);
  if (!partner || post_.functionContaining(postRva) != partner)
    return false;
  return placeIn(pre_.functions()[preFunction], preRva) == placeIn(post_.functions()[*partner], postRva);
}

bool Referents::sameDatumPlace(DatumIndex preDatum, uint32_t preRva, uint32_t postRva) {
  const auto postDatum = post_.datumContaining(postRva);
  if (!postDatum)
    return false;
  const Datum &pre = pre_.data()[preDatum];
  const Datum &post = post_.data()[*postDatum];
  const bool preMutable = isMutable(pre_, preRva);
  if (preMutable != isMutable(post_, postRva))
    return false;
  const uint32_t preOffset = preRva - pre.rva;
  const uint32_t postOffset = postRva - post.rva;
  if (preMutable) // its contents are the process's, only its identity counts
    return preOffset == postOffset && sameVariable(preDatum, *postDatum);
  return preOffset == postOffset && sameBytes({pre.rva, pre.size}, {post.rva, post.size});
}

// A variable without a name (a guard of a function-local static) is the one at the same distance behind the same named
// neighbour.
bool Referents::sameVariable(DatumIndex preDatum, DatumIndex postDatum) const {
  if (!pre_.data()[preDatum].name.empty())
    return dataToPost_[preDatum] == postDatum;
  if (!post_.data()[postDatum].name.empty())
    return false;
  const auto namedBefore = [](const Program &program, DatumIndex index) {
    while (index > 0 && program.data()[index].name.empty())
      --index;
    return index;
  };
  const DatumIndex preNeighbour = namedBefore(pre_, preDatum);
  const DatumIndex postNeighbour = namedBefore(post_, postDatum);
  return dataToPost_[preNeighbour] == postNeighbour &&
         pre_.data()[preDatum].rva - pre_.data()[preNeighbour].rva ==
             post_.data()[postDatum].rva - post_.data()[postNeighbour].rva;
}

bool Referents::sameContent(const Datum &pre, const Datum &post) {
  return sameBytes({pre.rva, pre.size}, {post.rva, post.size});
}

bool Referents::sameBytes(Span pre, Span post) {
  const auto key = std::pair(uint64_t{pre.rva} << 32 | pre.size, uint64_t{post.rva} << 32 | post.size);
  const auto [entry, isNew] = compared_.try_emplace(key, true);
  if (isNew) {
    const bool equal = compareBytes(pre, post) || sameJumpTable(pre, post);
    compared_[key] = equal;
    return equal;
  }
  return entry->second;
}

bool Referents::compareBytes(Span pre, Span post) {
  const uint32_t common = std::min(pre.size, post.size);
  const uint32_t longest = std::max(pre.size, post.size);
  if (longest - common > mostAlignmentTail)
    return false;
  const auto preBytes = pre_.image().bytesFrom(pre.rva);
  const auto postBytes = post_.image().bytesFrom(post.rva);
  const uint32_t pointer = pre_.image().is64() ? 8 : 4;
  for (uint32_t i = 0; i < longest;) {
    const bool isPointer = pre_.image().isRelocated(pre.rva + i);
    if (isPointer != post_.image().isRelocated(post.rva + i))
      return false;
    if (!isPointer) {
      const uint8_t preByte = i < pre.size ? byteOrZero(preBytes, i) : 0;
      const uint8_t postByte = i < post.size ? byteOrZero(postBytes, i) : 0;
      if (preByte != postByte)
        return false;
      ++i;
      continue;
    }
    if (i + pointer > common || i + pointer > preBytes.size() || i + pointer > postBytes.size())
      return false;
    const auto address = [&](const Image &image, std::span<const uint8_t> bytes) {
      return image.rvaOfAddress(pointer == 8 ? read64le(&bytes[i]) : read32le(&bytes[i]));
    };
    const auto preTarget = address(pre_.image(), preBytes);
    const auto postTarget = address(post_.image(), postBytes);
    if (!preTarget || !postTarget || !same(*preTarget, *postTarget))
      return false;
    i += pointer;
  }
  return true;
}

// clang's switch: `movsxd rax, [table + 4*i]; add rax, table; jmp rax`. Every entry is the distance from the table to
// a block of one function.
bool Referents::sameJumpTable(Span pre, Span post) const {
  constexpr size_t entry = 4;
  const size_t count = std::min(pre.size, post.size) / entry;
  const auto preBytes = pre_.image().bytesFrom(pre.rva);
  const auto postBytes = post_.image().bytesFrom(post.rva);
  if (count == 0 || preBytes.size() < count * entry || postBytes.size() < count * entry ||
      std::max(pre.size, post.size) - count * entry > mostAlignmentTail)
    return false;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t preTarget = pre.rva + read32le(&preBytes[i * entry]);
    const uint32_t postTarget = post.rva + read32le(&postBytes[i * entry]);
    if (const auto function = pre_.functionContaining(preTarget)) {
      if (!sameFunctionPlace(*function, preTarget, postTarget))
        return false;
    } else if (const bool isAlignment = preTarget == pre.rva && postTarget == post.rva; i == 0 || !isAlignment) {
      return false;
    }
  }
  return true;
}

} // namespace hotgate::analyzer
