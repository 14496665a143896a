#include "analyzer/image/exception_directory.h"

#include "analyzer/image/unwind_info.h"

#include <algorithm>
#include <llvm/Support/Win64EH.h>

namespace hotgate::analyzer {

namespace {

using llvm::support::ulittle32_t;

constexpr int maxChain = 32; // links that the system's own unwinder follows

Result<> checkRange(const ImageLayout &layout, uint32_t entryRva, const FunctionRange &range) {
  if (range.end < range.begin)
    return layout.failAt(
        entryRva, fmt::format("exception directory: the function at RVA {:#x} ends at {:#x}", range.begin, range.end));
  const Section *section = layout.sectionAt(range.begin);
  if (section == nullptr || range.end - section->rva > section->extent())
    return layout.failAt(entryRva,
                         fmt::format("exception directory: the function at RVA {:#x}..{:#x} lies in no section",
                                     range.begin, range.end));
  return {};
}

Result<> checkNoOverlap(const ImageLayout &layout, const std::vector<FunctionRange> &ranges) {
  for (size_t index = 1; index < ranges.size(); ++index)
    if (ranges[index].begin < ranges[index - 1].end)
      return layout.failAt(ranges[index].begin,
                           fmt::format("exception directory: the function at RVA {:#x} overlaps the one at {:#x}",
                                       ranges[index].begin, ranges[index - 1].begin));
  return {};
}

// Each range's owner must itself be an entry of the table.
Result<> checkPrimaries(const ImageLayout &layout, const std::vector<FunctionRange> &ranges) {
  for (const FunctionRange &range : ranges) {
    if (range.primaryBegin == range.begin)
      continue;
    const auto primary = std::ranges::lower_bound(ranges, range.primaryBegin, {}, &FunctionRange::begin);
    if (primary == ranges.end() || primary->begin != range.primaryBegin)
      return layout.failAt(range.begin,
                           fmt::format("exception directory: the fragment at RVA {:#x} belongs to a function at {:#x}, "
                                       "which has no entry",
                                       range.begin, range.primaryBegin));
  }
  return {};
}

// ---- x64 ----

// What one x64 entry's unwind data leads to.
struct Unwind {
  uint32_t primaryBegin = 0;
  uint32_t handlerRva = 0; // of the primary: it covers the fragments too
};

// Follows UNWIND_INFO to the primary. An unwind RVA with its lowest bit set is that of another RUNTIME_FUNCTION.
Result<Unwind> followUnwind(const ImageLayout &layout, uint32_t begin, uint32_t unwindRva) {
  Unwind unwind{.primaryBegin = begin};
  for (int link = 0; link < maxChain; ++link) {
    const llvm::Win64EH::RuntimeFunction *next = nullptr;
    if ((unwindRva & 1U) != 0) {
      next = layout.recordAt<llvm::Win64EH::RuntimeFunction>(unwindRva - 1);
      if (next == nullptr)
        return layout.failAt(
            unwindRva - 1,
            fmt::format("exception directory: the function at RVA {:#x} forwards to no entry here", begin));
    } else {
      const auto info = readUnwindInfo(Machine::x64, layout.bytesFrom(unwindRva));
      if (!info)
        return layout.failAt(
            unwindRva, fmt::format("exception directory: the function at RVA {:#x} has no UNWIND_INFO here", begin));
      if (info->version == 0 || info->version > 3)
        return layout.failAt(unwindRva, fmt::format("UNWIND_INFO of the function at RVA {:#x}: unknown version {}",
                                                    begin, info->version));
      const uint32_t tail = unwindRva + info->tailOffset;
      if (!info->isChained) {
        if (!info->hasHandler)
          return unwind;
        const auto *handler = layout.recordAt<ulittle32_t>(tail);
        if (handler == nullptr || layout.sectionAt(*handler) == nullptr)
          return layout.failAt(
              tail, fmt::format("UNWIND_INFO of the function at RVA {:#x}: its handler lies in no section", begin));
        unwind.handlerRva = *handler;
        return unwind;
      }
      next = layout.recordAt<llvm::Win64EH::RuntimeFunction>(tail);
      if (next == nullptr)
        return layout.failAt(
            tail, fmt::format("UNWIND_INFO of the function at RVA {:#x}: its chain leaves the image", begin));
    }
    unwind.primaryBegin = next->StartAddress;
    unwindRva = next->UnwindInfoOffset;
  }
  return layout.failAt(
      begin, fmt::format("UNWIND_INFO of the function at RVA {:#x}: its chain has more than {} links or is a cycle",
                         begin, maxChain));
}

Result<std::vector<FunctionRange>> readX64(const ImageLayout &layout, DirectoryRange directory) {
  using llvm::Win64EH::RuntimeFunction;
  HOTGATE_TRY(const auto entries, layout.recordsAt<RuntimeFunction>(
                                      directory.rva, directory.size / sizeof(RuntimeFunction), "exception directory"));
  std::vector<FunctionRange> ranges;
  ranges.reserve(entries.size());
  for (const RuntimeFunction &entry : entries) {
    if (entry.StartAddress ==
        entry.EndAddress) // covers nothing: filler of incremental links, an unreachable function of GCC
      continue;
    const auto entryRva = static_cast<uint32_t>(directory.rva + (&entry - entries.data()) * sizeof(RuntimeFunction));
    FunctionRange range{.begin = entry.StartAddress, .end = entry.EndAddress, .unwindRva = entry.UnwindInfoOffset};
    HOTGATE_CHECK(checkRange(layout, entryRva, range));
    HOTGATE_TRY(const Unwind unwind, followUnwind(layout, range.begin, range.unwindRva));
    range.primaryBegin = unwind.primaryBegin;
    range.handlerRva = unwind.handlerRva;
    ranges.push_back(range);
  }
  return ranges;
}

// ---- ARM64 ----

struct Arm64Entry {
  ulittle32_t begin;
  ulittle32_t unwind;

  enum Kind : uint32_t { xdata = 0, packed = 1, packedFragment = 2, forwarder = 3 };
  [[nodiscard]] Kind kind() const { return static_cast<Kind>(unwind & 3U); }
  [[nodiscard]] uint32_t rva() const { return unwind & ~3U; }
  [[nodiscard]] uint32_t packedLength() const { return ((unwind >> 2) & 0x7FFU) * 4; }
};

// Length and handler from an .xdata record.
Result<> readXdata(const ImageLayout &layout, uint32_t xdataRva, FunctionRange &range) {
  const auto info = readUnwindInfo(Machine::arm64, layout.bytesFrom(xdataRva));
  if (!info)
    return layout.failAt(xdataRva,
                         fmt::format("exception directory: the function at RVA {:#x} has no .xdata here", range.begin));
  range.unwindRva = xdataRva;
  const uint64_t end = uint64_t{range.begin} + info->codeLength;
  if (end > UINT32_MAX)
    return layout.failAt(xdataRva, fmt::format(".xdata: the function at RVA {:#x} leaves the image", range.begin));
  range.end = static_cast<uint32_t>(end);
  if (!info->hasHandler)
    return {};

  const uint32_t handlerAt = xdataRva + info->tailOffset;
  const auto *handler = layout.recordAt<ulittle32_t>(handlerAt);
  if (handler == nullptr || layout.sectionAt(*handler) == nullptr)
    return layout.failAt(
        handlerAt, fmt::format(".xdata of the function at RVA {:#x}: its handler lies in no section", range.begin));
  range.handlerRva = *handler;
  return {};
}

Result<FunctionRange> readArm64Entry(const ImageLayout &layout, const Arm64Entry &entry) {
  FunctionRange range{.begin = entry.begin, .primaryBegin = entry.begin};
  if (entry.kind() == Arm64Entry::xdata) {
    HOTGATE_CHECK(readXdata(layout, entry.rva(), range));
  } else {
    range.end = entry.begin + entry.packedLength();
    range.packedUnwind = entry.unwind;
  }
  return range;
}

// A forwarder unwinds as the entry that it names does, and belongs to its function. It has no length of its own: it
// reaches as far as that entry does when it lies inside, else to where the next entry begins.
Result<> resolveForwarder(const ImageLayout &layout, const Arm64Entry &entry, uint32_t entryRva, uint32_t nextBegin,
                          std::vector<FunctionRange> &ranges) {
  const auto *target = layout.recordAt<Arm64Entry>(entry.rva());
  if (target == nullptr || target->kind() == Arm64Entry::forwarder)
    return layout.failAt(entryRva, fmt::format("exception directory: the function at RVA {:#x} forwards to no entry",
                                               uint32_t{entry.begin}));
  HOTGATE_TRY(const FunctionRange primary, readArm64Entry(layout, *target));
  if (entry.begin >= primary.begin && entry.begin < primary.end)
    return {}; // its bytes are the primary's already
  FunctionRange range = primary;
  range.begin = entry.begin;
  range.end = nextBegin;
  if (nextBegin == 0) {
    const Section *section = layout.sectionAt(entry.begin);
    range.end = section == nullptr ? 0 : section->rva + section->extent();
  }
  if (range.end == range.begin) // the next entry begins at the same place: covers nothing
    return {};
  HOTGATE_CHECK(checkRange(layout, entryRva, range));
  ranges.push_back(range);
  return {};
}

Result<std::vector<FunctionRange>> readArm64(const ImageLayout &layout, DirectoryRange directory) {
  HOTGATE_TRY(const auto table,
              layout.recordsAt<Arm64Entry>(directory.rva, directory.size / sizeof(Arm64Entry), "exception directory"));
  std::vector<FunctionRange> ranges;
  ranges.reserve(table.size());
  for (size_t index = 0; index < table.size(); ++index) {
    const Arm64Entry &entry = table[index];
    const auto entryRva = static_cast<uint32_t>(directory.rva + index * sizeof(Arm64Entry));
    if (entry.kind() == Arm64Entry::forwarder) {
      const uint32_t nextBegin = index + 1 < table.size() ? uint32_t{table[index + 1].begin} : 0U;
      HOTGATE_CHECK(resolveForwarder(layout, entry, entryRva, nextBegin, ranges));
      continue;
    }
    HOTGATE_TRY(const FunctionRange range, readArm64Entry(layout, entry));
    if (range.end == range.begin) // covers nothing
      continue;
    HOTGATE_CHECK(checkRange(layout, entryRva, range));
    ranges.push_back(range);
  }
  return ranges;
}

} // namespace

Result<std::vector<FunctionRange>> readFunctionRanges(const ImageLayout &layout) {
  const DirectoryRange directory = layout.directory(Directory::exceptions);
  if (directory.rva == 0 || layout.machine == Machine::x86)
    return std::vector<FunctionRange>{};
  auto read = layout.machine == Machine::x64 ? readX64(layout, directory) : readArm64(layout, directory);
  HOTGATE_TRY(std::vector<FunctionRange> ranges, std::move(read));
  if (!std::ranges::is_sorted(ranges, {}, &FunctionRange::begin))
    std::ranges::stable_sort(ranges, {}, &FunctionRange::begin);
  HOTGATE_CHECK(checkNoOverlap(layout, ranges));
  HOTGATE_CHECK(checkPrimaries(layout, ranges));
  return ranges;
}

} // namespace hotgate::analyzer
