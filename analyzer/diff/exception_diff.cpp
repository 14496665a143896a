#include "analyzer/diff/exception_diff.h"

#include "analyzer/diff/handler_in_data.h"
#include "analyzer/image/unwind_info.h"

#include <algorithm>
#include <llvm/ADT/SmallVector.h>
#include <llvm/Support/Endian.h>
#include <string_view>

namespace hotgate::analyzer {

namespace {

// An entry of the exception directory, by where it begins in its function.
struct Entry {
  const FunctionRange *range;
  int part; // fragment, -1 for the body
  uint32_t offset;
};

using Entries = llvm::SmallVector<Entry, 4>;

Entries entriesOf(const Program &program, const Function &function) {
  const auto all = program.image().functionRanges();
  Entries entries;
  const auto addPart = [&](const CodeRange &part, int index) {
    auto at = std::ranges::lower_bound(all, part.rva, {}, &FunctionRange::begin);
    for (; at != all.end() && at->begin < part.end(); ++at)
      entries.push_back({&*at, index, at->begin - part.rva});
  };
  addPart(function.body, -1);
  for (size_t i = 0; i < function.fragments.size(); ++i)
    addPart(function.fragments[i], static_cast<int>(i));
  return entries;
}

// A place, or for code that nobody owns (filler behind a function) the byte in front of it.
bool samePlace(const Referents &referents, uint32_t pre, uint32_t post) {
  if (referents.same(pre, post))
    return true;
  return pre != 0 && post != 0 && !referents.pre().functionContaining(pre) &&
         referents.pre().functionContaining(pre - 1) && referents.same(pre - 1, post - 1);
}

// The decorated name in a type descriptor (`??_R0`): behind the vtable's pointer and a spare one. nullopt: no end.
std::optional<std::string_view> typeName(const Image &image, uint32_t rva) {
  constexpr size_t longest = 4096;
  const size_t nameAt = image.is64() ? 16 : 8;
  const auto bytes = image.bytesFrom(rva);
  if (bytes.size() <= nameAt)
    return std::nullopt;
  const std::string_view window(reinterpret_cast<const char *>(&bytes[nameAt]),
                                std::min(bytes.size() - nameAt, longest));
  const size_t end = window.find('\0');
  return end == std::string_view::npos ? std::nullopt : std::optional(window.substr(0, end));
}

bool sameTypeDescriptor(const Referents &referents, uint32_t pre, uint32_t post) {
  const auto preName = typeName(referents.pre().image(), pre);
  return preName && preName == typeName(referents.post().image(), post);
}

// Whether both items say the same.
bool sameItem(const Referents &referents, const ExceptionItem &pre, const ExceptionItem &post) {
  if (pre.kind != post.kind)
    return false;
  switch (pre.kind) {
  case ExceptionItem::Kind::number:
  case ExceptionItem::Kind::offset:
    return pre.value == post.value;
  case ExceptionItem::Kind::place:
  case ExceptionItem::Kind::handler:
    return samePlace(referents, pre.value, post.value);
  case ExceptionItem::Kind::end:
    return samePlace(referents, pre.value - 1, post.value - 1);
  case ExceptionItem::Kind::typeDescriptor:
    return sameTypeDescriptor(referents, pre.value, post.value);
  case ExceptionItem::Kind::word:
    return pre.value == post.value || samePlace(referents, pre.value, post.value);
  }
  return false;
}

// Both say where in their function something lies.
bool arePlacesWithin(const Function &pre, const Function &post, const ExceptionItem &preItem,
                     const ExceptionItem &postItem) {
  using Kind = ExceptionItem::Kind;
  if (preItem.kind != postItem.kind)
    return false;
  const bool isPlace = preItem.kind == Kind::place || preItem.kind == Kind::handler || preItem.kind == Kind::end;
  const uint32_t back = preItem.kind == Kind::end ? 1 : 0;
  return preItem.kind == Kind::offset ||
         (isPlace && pre.contains(preItem.value - back) && post.contains(postItem.value - back));
}

// False when it cannot be known.
bool collectItems(const Program &program, const Function &function, ExceptionItems &result) {
  const ExceptionData &data = program.exceptionData();
  return std::ranges::all_of(entriesOf(program, function), [&](const Entry &entry) {
    return entry.range->handlerRva == 0 || data.appendItems(program.image(), *entry.range, result);
  });
}

// Header, epilogue scopes and codes; empty for packed and missing records.
std::span<const uint8_t> unwindCodes(const Image &image, uint32_t record, const std::optional<UnwindInfo> &info) {
  return info ? image.bytesFrom(record, info->tailOffset) : std::span<const uint8_t>();
}

// The begin of the entry that a chained record continues; 0 when it is not chained.
uint32_t chainedTo(const Image &image, uint32_t record, const std::optional<UnwindInfo> &info) {
  const auto bytes = image.bytesFrom(record);
  if (!info || !info->isChained || bytes.size() < info->size())
    return 0;
  return llvm::support::endian::read32le(&bytes[info->tailOffset]);
}

bool sameEntry(const Referents &referents, const Entry &pre, const Entry &post) {
  const Image &preImage = referents.pre().image();
  const Image &postImage = referents.post().image();
  if (pre.part != post.part || pre.offset != post.offset ||
      pre.range->end - pre.range->begin != post.range->end - post.range->begin ||
      pre.range->packedUnwind != post.range->packedUnwind)
    return false;
  const uint32_t preRecord = unwindRecordOf(preImage, *pre.range);
  const uint32_t postRecord = unwindRecordOf(postImage, *post.range);
  const auto preInfo = readUnwindInfo(preImage.machine(), preImage.bytesFrom(preRecord));
  const auto postInfo = readUnwindInfo(postImage.machine(), postImage.bytesFrom(postRecord));
  if (!std::ranges::equal(unwindCodes(preImage, preRecord, preInfo), unwindCodes(postImage, postRecord, postInfo)))
    return false;
  const uint32_t preChain = chainedTo(preImage, preRecord, preInfo);
  const uint32_t postChain = chainedTo(postImage, postRecord, postInfo);
  return preChain == 0 || postChain == 0 ? preChain == postChain : referents.same(preChain, postChain);
}

} // namespace

bool sameExceptionData(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post,
                       Bodies bodies) {
  using Kind = ExceptionItem::Kind;
  ExceptionItems preItems;
  ExceptionItems postItems;
  if (!collectItems(referents.pre(), pre, preItems) || !collectItems(referents.post(), post, postItems))
    return false;
  return std::ranges::equal(preItems.items, postItems.items, [&](const ExceptionItem &a, const ExceptionItem &b) {
    if (bodies == Bodies::differ && arePlacesWithin(pre, post, a, b))
      return true;
    if (a.kind == Kind::handler && b.kind == Kind::handler)
      return sameHandlerInData(referents, decoder, a.value, b.value).value_or(samePlace(referents, a.value, b.value));
    return sameItem(referents, a, b);
  });
}

bool sameUnwindInformation(const Referents &referents, const Function &pre, const Function &post) {
  return std::ranges::equal(entriesOf(referents.pre(), pre), entriesOf(referents.post(), post),
                            [&](const Entry &a, const Entry &b) { return sameEntry(referents, a, b); });
}

} // namespace hotgate::analyzer
