#include "analyzer/diff/referents.h"

#include "analyzer/diff/text_constant.h"

#include <algorithm>
#include <array>
#include <llvm/ADT/Hashing.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Endian.h>
#include <unordered_set>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;

namespace {

constexpr uint32_t mostAlignmentTail = 15; // zero bytes that alignment may add behind an unnamed constant

bool isZero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

// A place in data that holds an address.
struct Slot {
  uint32_t offset; // in the data
  uint32_t size;
  std::optional<uint32_t> target; // nullopt when it leads out of the image
};

std::vector<Slot> slotsIn(const Program &program, const CodeRange &range) {
  std::vector<Slot> slots;
  const uint32_t pointer = program.image().is64() ? 8 : 4;
  for (const BaseRelocation &relocation : program.relocationsIn(range))
    slots.push_back({relocation.rva - range.rva, pointer, program.image().pointerAt(relocation.rva)});
  const auto relative = program.imageRelativeFieldsIn(range);
  if (relative.empty())
    return slots;
  for (const uint32_t field : relative)
    if (const auto bytes = program.image().bytesFrom(field); bytes.size() >= 4)
      slots.push_back({field - range.rva, 4, read32le(bytes.data())});
  std::sort(slots.begin(), slots.end(), [](const Slot &a, const Slot &b) { return a.offset < b.offset; });
  return slots;
}

// True when a place is known to be the first element of what is there: of a variable, a table of pointers, a text.
bool beginsAt(const Program &program, const Datum &datum, uint32_t rva) {
  if (program.image().isRelocated(rva) || (datum.sized && datum.rva == rva))
    return true;
  const auto bytes = program.image().bytesFrom(rva - 1);
  return bytes.size() > 1 && bytes.front() == 0 && textSize(bytes.subspan(1)) != 0;
}

// What nothing is known to refer to: the whole, or what follows a text without being part of it.
CodeRange ownerlessPart(const Program &program, const Datum &datum) {
  const CodeRange whole{datum.rva, datum.size};
  if (!datum.isReferenced)
    return whole;
  const auto bytes = program.bytesOf(whole);
  const uint32_t text = datum.sized ? 0 : textSize(bytes);
  if (text == 0)
    return {};
  const auto rest = bytes.subspan(text);
  const auto begin = std::ranges::find_if(rest, [](uint8_t byte) { return byte != 0; }) - rest.begin();
  const auto skipped = text + static_cast<uint32_t>(begin);
  return {datum.rva + skipped, static_cast<uint32_t>(bytes.size()) - skipped};
}

// Where the nearest datum stands in front (step -1) or behind (1) that has a partner, and which that is.
struct Neighbour {
  uint32_t rva;
  std::optional<DatumIndex> partner; // none at the section's begin or end
};

// `section` is the datum's. nullopt when it is too far away to look for.
template <class PartnerOf>
std::optional<Neighbour> nearest(std::span<const Datum> data, const Section &section, DatumIndex from, int step,
                                 PartnerOf partnerOf) {
  constexpr int farthest = 64; // data
  int64_t at = from;
  for (int i = 0; i < farthest; ++i) {
    at += step;
    if (at < 0 || at >= static_cast<int64_t>(data.size()) || !section.contains(data[at].rva))
      return Neighbour{step < 0 ? section.rva : section.rva + section.extent(), std::nullopt};
    if (const auto partner = partnerOf(static_cast<DatumIndex>(at)))
      return Neighbour{data[at].rva, partner};
  }
  return std::nullopt;
}

} // namespace

size_t Referents::ContentsHash::operator()(const Contents &contents) const {
  return llvm::hash_combine(contents.pre.rva, contents.pre.size, contents.post.rva, contents.post.size);
}

bool Referents::isMutable(const Program &program, uint32_t rva) const {
  const Section *section = program.image().sectionAt(rva);
  return section != nullptr && section->isWritable();
}

bool Referents::same(const Reference &pre, const Reference &post) const {
  const bool spreads = pre.spreads || post.spreads;
  return same(pre.target, post.target, spreads ? 0 : std::min(pre.accessWidth, post.accessWidth)) &&
         (!spreads || pre.kind != ReferenceKind::absolute || sameBehindBias(pre, post));
}

bool Referents::same(uint32_t preRva, uint32_t postRva, uint32_t width) const {
  Contents contents;
  const Verdict verdict = compare(preRva, postRva, width, contents);
  return verdict == Verdict::same || (verdict == Verdict::byContent && sameContents(contents));
}

Referents::Verdict Referents::compare(uint32_t preRva, uint32_t postRva, uint32_t width, Contents &contents) const {
  const auto verdict = [](bool isSame) { return isSame ? Verdict::same : Verdict::different; };
  const Owner *pre = pre_.ownerAt(preRva);
  const Owner *post = post_.ownerAt(postRva);
  if (pre == nullptr || post == nullptr) // headers (`__ImageBase`) and places outside every section
    return verdict(pre == post && preRva == postRva);
  if (pre->kind != post->kind)
    return Verdict::different;
  switch (pre->kind) {
  case Owner::Kind::function:
    return verdict(sameFunctionPlace(*pre, preRva, *post, postRva));
  case Owner::Kind::datum:
    return compareData(*pre, *post, preRva, postRva, width, contents);
  case Owner::Kind::structure:
    break;
  }
  const Import *preImport = pre_.image().importAtSlot(preRva);
  const Import *postImport = post_.image().importAtSlot(postRva);
  if (preImport != nullptr || postImport != nullptr)
    return verdict(preImport != nullptr && postImport != nullptr && preImport->name == postImport->name &&
                   llvm::StringRef(preImport->dll).equals_insensitive(postImport->dll));
  return verdict(pre_.structures()[pre->index].kind == post_.structures()[post->index].kind &&
                 preRva - pre->range.rva == postRva - post->range.rva);
}

bool Referents::sameFunctionPlace(const Owner &pre, uint32_t preRva, const Owner &post, uint32_t postRva) const {
  return post.kind == Owner::Kind::function && post.part == pre.part &&
         pairing_.functions.toPost(pre.index) == post.index &&
         preRva - pre_.functions()[pre.index].range(pre.part).rva ==
             postRva - post_.functions()[post.index].range(post.part).rva;
}

// `months[c - 'a']` is `movzx ecx, word ptr [2*eax + months - 194]` on x86: the field points to whatever lies in front
// of what is read, and its neighbours can end anywhere. What is read lies at the same distance on both sides, within as
// many elements as a character has values. So what lies there and belongs to nobody else must be equal.
bool Referents::sameBehindBias(const Reference &pre, const Reference &post) const {
  constexpr uint32_t characters = 256, widestElement = 4;
  const uint32_t reach = characters * std::min<uint32_t>({pre.accessWidth, post.accessWidth, widestElement});
  const auto data = pre_.data();
  auto datum = std::ranges::upper_bound(data, pre.target, {}, &Datum::rva);
  if (datum != data.begin())
    --datum;
  if (datum == data.end() || beginsAt(pre_, *datum, pre.target))
    return true;
  for (; datum != data.end() && datum->rva < pre.target + reach; ++datum) {
    const CodeRange here = ownerlessPart(pre_, *datum);
    if (here.size == 0 || here.rva < pre.target || isMutable(pre_, here.rva))
      continue;
    const uint32_t place = post.target + (here.rva - pre.target);
    const auto index = post_.datumContaining(place);
    if (!index || isMutable(post_, place))
      continue;
    const CodeRange there = ownerlessPart(post_, post_.data()[*index]);
    if (there.rva == place && there.size != 0 && !sameContents({here, there}))
      return false;
  }
  return true;
}

Referents::Verdict Referents::compareData(const Owner &pre, const Owner &post, uint32_t preRva, uint32_t postRva,
                                          uint32_t width, Contents &contents) const {
  const bool preMutable = isMutable(pre_, preRva);
  if (preMutable != isMutable(post_, postRva))
    return Verdict::different;
  const bool sameOffset = preRva - pre.range.rva == postRva - post.range.rva;
  if (preMutable) // its contents are the process's, only its identity counts
    return sameOffset && sameVariable(pre.index, post.index) ? Verdict::same : Verdict::different;
  if (width != 0 && !pre_.data()[pre.index].sized) {
    contents = {{preRva, width}, {postRva, width}};
    return Verdict::byContent;
  }
  if (!sameOffset)
    return Verdict::different;
  contents = comparedPart(pre.index, post.index);
  return Verdict::byContent;
}

// Without symbols the end of a datum is only where the next reference leads: see the file's head.
Referents::Contents Referents::comparedPart(DatumIndex preIndex, DatumIndex postIndex) const {
  const Datum &pre = pre_.data()[preIndex];
  const Datum &post = post_.data()[postIndex];
  Contents whole{{pre.rva, pre.size}, {post.rva, post.size}};
  if (pre.size == post.size || pre.sized || post.sized)
    return whole;
  const uint32_t preText = textSize(pre_.bytesOf(whole.pre));
  if (preText != 0 && preText == textSize(post_.bytesOf(whole.post)))
    return {{pre.rva, preText}, {post.rva, preText}};
  if (preText != 0)
    return whole;
  const uint32_t common = std::min(pre.size, post.size);
  return {{pre.rva, common}, {post.rva, common}};
}

// Without a name and without votes (match/by_referrers.cpp) a variable is known by where it stands: as far behind the
// same named neighbour (the guard of a function-local static), or as far from the same neighbours on both sides. Code
// that differs elsewhere has no vote, so what only such code uses is known by nothing else.
bool Referents::sameVariable(DatumIndex preDatum, DatumIndex postDatum) const {
  if (pairing_.data.toPost(preDatum) || pairing_.data.toPre(postDatum))
    return pairing_.data.toPost(preDatum) == postDatum;
  if (!pre_.data()[preDatum].name.empty() || !post_.data()[postDatum].name.empty())
    return false;
  return isBehindNamedNeighbour(preDatum, postDatum) || isBetweenSameNeighbours(preDatum, postDatum);
}

bool Referents::isBehindNamedNeighbour(DatumIndex preDatum, DatumIndex postDatum) const {
  if (preDatum == 0 || postDatum == 0)
    return false;
  const Datum &preNeighbour = pre_.data()[preDatum - 1];
  const Datum &postNeighbour = post_.data()[postDatum - 1];
  return !preNeighbour.name.empty() && pairing_.data.toPost(preDatum - 1) == postDatum - 1 &&
         pre_.data()[preDatum].rva - preNeighbour.rva == post_.data()[postDatum].rva - postNeighbour.rva;
}

// The nearest that have a partner, of both images, are each other's partners and as far away. The begin or the end of a
// section is a neighbour too.
bool Referents::isBetweenSameNeighbours(DatumIndex preDatum, DatumIndex postDatum) const {
  const auto preData = pre_.data();
  const auto postData = post_.data();
  const Section *preSection = pre_.image().sectionAt(preData[preDatum].rva);
  const Section *postSection = post_.image().sectionAt(postData[postDatum].rva);
  if (preSection == nullptr || postSection == nullptr || preSection->name != postSection->name)
    return false;
  return llvm::all_of(std::array{-1, 1}, [&](int step) {
    const auto pre =
        nearest(preData, *preSection, preDatum, step, [&](DatumIndex i) { return pairing_.data.toPost(i); });
    const auto post =
        nearest(postData, *postSection, postDatum, step, [&](DatumIndex i) { return pairing_.data.toPre(i); });
    return pre && post && pre->rva - preData[preDatum].rva == post->rva - postData[postDatum].rva &&
           pre->partner.has_value() == post->partner.has_value() &&
           (!pre->partner || pairing_.data.toPre(*pre->partner) == post->partner);
  });
}

bool Referents::sameContent(const Datum &pre, const Datum &post) const {
  return sameContents({{pre.rva, pre.size}, {post.rva, post.size}});
}

// Constants can point to each other in a circle. They are equal when no pair that is reached from them differs, so
// what is reached is collected and looked at one after the other.
bool Referents::sameContents(const Contents &contents) const {
  auto &memory = compared_.local();
  if (const auto known = memory.find(contents); known != memory.end())
    return known->second;
  std::unordered_set<Contents, ContentsHash> reached{contents};
  std::vector<Contents> pending{contents};
  while (!pending.empty()) {
    const Contents next = pending.back();
    pending.pop_back();
    std::vector<Contents> found;
    if (!sameBytes(next, found) && !sameTable(next)) {
      memory[contents] = false;
      return false;
    }
    for (const Contents &more : found) {
      const auto known = memory.find(more);
      if (known != memory.end() && !known->second) {
        memory[contents] = false;
        return false;
      }
      if (known == memory.end() && reached.insert(more).second)
        pending.push_back(more);
    }
  }
  for (const Contents &equal : reached)
    memory[equal] = true;
  return true;
}

// Numbers byte by byte; pointers by what they point to, or into `pending` where that is a constant.
bool Referents::sameBytes(const Contents &contents, std::vector<Contents> &pending) const {
  const uint32_t common = std::min(contents.pre.size, contents.post.size);
  const auto preBytes = pre_.bytesOf(contents.pre);
  const auto postBytes = post_.bytesOf(contents.post);
  if (std::max(contents.pre.size, contents.post.size) - common > mostAlignmentTail ||
      !isZero(preBytes.subspan(std::min<size_t>(common, preBytes.size()))) ||
      !isZero(postBytes.subspan(std::min<size_t>(common, postBytes.size()))))
    return false;
  const auto equal = [&](uint32_t from, uint32_t to) {
    const auto part = [&](std::span<const uint8_t> bytes) {
      const size_t begin = std::min<size_t>(from, bytes.size());
      return bytes.subspan(begin, std::min<size_t>(to, bytes.size()) - begin);
    };
    const auto a = part(preBytes);
    const auto b = part(postBytes);
    const size_t both = std::min(a.size(), b.size()); // the rest lies past the file, and is zero there
    return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(both), b.begin()) && isZero(a.subspan(both)) &&
           isZero(b.subspan(both));
  };
  const std::vector<Slot> preSlots = slotsIn(pre_, contents.pre);
  const std::vector<Slot> postSlots = slotsIn(post_, contents.post);
  if (preSlots.size() != postSlots.size())
    return false;
  uint32_t at = 0;
  for (size_t i = 0; i < preSlots.size(); ++i) {
    const Slot &a = preSlots[i];
    const Slot &b = postSlots[i];
    if (a.offset != b.offset || a.size != b.size || a.offset < at || !equal(at, a.offset))
      return false;
    Contents pointed;
    const Verdict verdict = a.target && b.target ? compare(*a.target, *b.target, 0, pointed) : Verdict::different;
    if (verdict == Verdict::different)
      return false;
    if (verdict == Verdict::byContent)
      pending.push_back(pointed);
    at = a.offset + a.size;
  }
  return at >= common || equal(at, common);
}

// A switch's table in read-only data, or a table of texts. Every entry leads to a block of one function or to a text,
// as a distance from the table (clang: `movsxd rax, [table + 4*i]; add rax, table; jmp rax`) or as an RVA (MSVC's
// memcpy).
bool Referents::sameTable(const Contents &contents) const {
  return sameTable(contents, contents.pre.rva, contents.post.rva) || sameTable(contents, 0, 0);
}

// The first entry that leads to neither is behind the table's end. A number can lead to a place by accident, so what is
// behind the end has to be equal too.
bool Referents::sameTable(const Contents &contents, uint32_t preOrigin, uint32_t postOrigin) const {
  constexpr size_t entry = 4;
  const size_t count = std::min(contents.pre.size, contents.post.size) / entry;
  const auto preBytes = pre_.bytesOf(contents.pre);
  const auto postBytes = post_.bytesOf(contents.post);
  if (count == 0 || preBytes.size() < count * entry || postBytes.size() < count * entry)
    return false;
  size_t i = 0;
  for (; i < count; ++i) {
    const uint32_t preTarget = preOrigin + read32le(&preBytes[i * entry]);
    const uint32_t postTarget = postOrigin + read32le(&postBytes[i * entry]);
    const bool isOwnText = contents.pre.contains(preTarget) && contents.post.contains(postTarget);
    if (sameFunctionEnd(preTarget, postTarget) || sameText(preTarget, postTarget, isOwnText))
      continue;
    const Owner *owner = pre_.ownerAt(preTarget);
    if (owner == nullptr || owner->kind != Owner::Kind::function)
      break;
    const Owner *postOwner = post_.ownerAt(postTarget);
    if (postOwner == nullptr || !sameFunctionPlace(*owner, preTarget, *postOwner, postTarget))
      return false;
  }
  if (i == 0)
    return false;
  const auto behind = [&](const CodeRange &range) {
    const auto skipped = static_cast<uint32_t>(i * entry);
    return CodeRange{range.rva + skipped, range.size - skipped};
  };
  std::vector<Contents> pointed;
  return sameBytes({behind(contents.pre), behind(contents.post)}, pointed) && pointed.empty();
}

// A case that cannot be, of a switch that covers all that can be, leads behind the function's last instruction.
bool Referents::sameFunctionEnd(uint32_t preRva, uint32_t postRva) const {
  const auto rangeEndingAt = [](const Program &program, uint32_t rva) -> const Owner * {
    const Owner *owner = rva == 0 ? nullptr : program.ownerAt(rva - 1);
    const bool ends = owner != nullptr && owner->kind == Owner::Kind::function &&
                      program.functions()[owner->index].range(owner->part).end() == rva;
    return ends ? owner : nullptr;
  };
  const Owner *pre = rangeEndingAt(pre_, preRva);
  const Owner *post = rangeEndingAt(post_, postRva);
  return pre != nullptr && post != nullptr && pre->part == post->part &&
         pairing_.functions.toPost(pre->index) == post->index;
}

// Texts of constants that begin where another ends; `isFirst`: or where a table ends.
bool Referents::sameText(uint32_t preRva, uint32_t postRva, bool isFirst) const {
  const auto textAt = [&](const Program &program, uint32_t rva) -> llvm::StringRef {
    const Section *section = program.image().sectionAt(rva);
    if (section == nullptr || section->isWritable() || section->isExecutable() || rva == section->rva)
      return {};
    const auto before = program.image().bytesFrom(rva - 1);
    const llvm::StringRef all(reinterpret_cast<const char *>(before.data()), before.size());
    const size_t end = all.find('\0', 1);
    if (all.empty() || (all.front() != '\0' && !isFirst) || end == llvm::StringRef::npos)
      return {};
    const llvm::StringRef text = all.slice(1, end);
    return llvm::all_of(text, [](unsigned char c) { return isTextCharacter(c); }) ? text : llvm::StringRef();
  };
  const llvm::StringRef pre = textAt(pre_, preRva);
  return !pre.empty() && pre == textAt(post_, postRva);
}

} // namespace hotgate::analyzer
