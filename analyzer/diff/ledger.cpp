#include "analyzer/diff/ledger.h"

#include "analyzer/diff/file_partition.h"

#include <algorithm>
#include <array>
#include <limits>
#include <llvm/Support/Endian.h>
#include <llvm/Support/xxhash.h>
#include <numeric>
#include <optional>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/parallel_sort.h>
#include <tuple>

namespace hotgate::analyzer {

std::string_view causeName(Cause cause) {
  switch (cause) {
  case Cause::same:
    return "same";
  case Cause::moved:
    return "moved";
  case Cause::functionBody:
    return "function body";
  case Cause::displacementOnly:
    return "displacement only";
  case Cause::dataValue:
    return "data value";
  case Cause::constant:
    return "constant";
  case Cause::table:
    return "table";
  case Cause::unwind:
    return "unwind consequence";
  case Cause::import:
    return "import";
  case Cause::exportTable:
    return "export";
  case Cause::resource:
    return "resource";
  case Cause::buildStamp:
    return "build stamp";
  case Cause::checksum:
    return "checksum";
  case Cause::signature:
    return "signature";
  case Cause::symbolTable:
    return "symbol table";
  case Cause::headerLayout:
    return "header layout";
  case Cause::padding:
    return "padding";
  case Cause::hotpatchMetadata:
    return "hotpatch metadata";
  case Cause::unattributed:
    return "unattributed";
  }
  return "";
}

Ledger::Bytes Ledger::differing() const {
  Bytes total;
  for (const auto &[cause, bytes] : byCause)
    if (cause != Cause::same && cause != Cause::moved) {
      total.pre += bytes.pre;
      total.post += bytes.post;
    }
  return total;
}

namespace {

Cause causeOfStructure(StructureKind kind) {
  switch (kind) {
  case StructureKind::exportTable:
    return Cause::exportTable;
  case StructureKind::importTable:
    return Cause::import;
  case StructureKind::exceptionTable:
  case StructureKind::unwindInfo:
  case StructureKind::exceptionData:
    return Cause::unwind;
  case StructureKind::debugDirectory:
    return Cause::buildStamp;
  case StructureKind::resources:
    return Cause::resource;
  case StructureKind::hotpatchTable:
    return Cause::hotpatchMetadata;
  case StructureKind::relocationTable:
  case StructureKind::loadConfiguration:
  case StructureKind::guardTable:
  case StructureKind::tlsDirectory:
    return Cause::table;
  }
  return Cause::unattributed;
}

using Sums = std::array<Ledger::Bytes, static_cast<size_t>(Cause::unattributed) + 1>;

Ledger::Bytes &at(Sums &sums, Cause cause) { return sums[static_cast<size_t>(cause)]; }

// One side of the comparison: a file, its ranges, and which of them have found their partner.
struct Side {
  explicit Side(const Program &ofProgram)
      : program(ofProgram), ranges(partitionFile(ofProgram)), bytes(ofProgram.image().fileBytes()) {}

  [[nodiscard]] std::span<const uint8_t> bytesOf(const FileRange &range) const {
    return bytes.subspan(range.fileOffset, range.size);
  }

  const Program &program;
  std::vector<FileRange> ranges;
  std::span<const uint8_t> bytes;
  std::vector<bool> isPaired = std::vector<bool>(ranges.size());
};

// What the bytes of a pre function that differ are called.
std::vector<Cause> causesOf(const Program &pre, const std::vector<FunctionDifference> &functions) {
  std::vector<Cause> causes(pre.functions().size(), Cause::functionBody);
  for (const FunctionDifference &difference : functions)
    if (difference.pre && difference.status == ChangeStatus::identical)
      causes[*difference.pre] = Cause::displacementOnly;
    else if (difference.pre && difference.status == ChangeStatus::notCompared)
      causes[*difference.pre] = Cause::unattributed;
  return causes;
}

// Of the first `count` bytes, eight at a time: most words are equal.
uint32_t countEqual(std::span<const uint8_t> a, std::span<const uint8_t> b, uint32_t count) {
  using llvm::support::endian::read64le;
  uint32_t differing = 0;
  uint32_t at = 0;
  for (; at + 8 <= count; at += 8)
    for (uint64_t bits = read64le(&a[at]) ^ read64le(&b[at]); bits != 0; bits >>= 8)
      differing += (bits & 0xFF) != 0 ? 1 : 0;
  for (; at < count; ++at)
    differing += a[at] != b[at] ? 1 : 0;
  return count - differing;
}

} // namespace

class LedgerDraft::Ranges {
public:
  explicit Ranges(const Referents &referents)
      : referents_(referents), sides_(bothSides(referents)), pre_(sides_.first), post_(sides_.second) {
    pairByOwner();
    pairByContent();
    countEqualBytes();
  }

  Result<Ledger> account(const std::vector<FunctionDifference> &functions) const {
    const std::vector<Cause> causes = causesOf(pre_.program, functions);
    const Sums sums = addUp(causes);
    HOTGATE_CHECK(checkSum(pre_.program.image(), sums, &Ledger::Bytes::pre));
    HOTGATE_CHECK(checkSum(post_.program.image(), sums, &Ledger::Bytes::post));
    Ledger ledger;
    for (size_t i = 0; i < sums.size(); ++i)
      if (sums[i].pre != 0 || sums[i].post != 0)
        ledger.byCause[static_cast<Cause>(i)] = sums[i];
    listUnattributed(pre_, false, causes, ledger);
    listUnattributed(post_, true, causes, ledger);
    return ledger;
  }

private:
  // What a range of the other file must have in common with a pre range to be its partner. A datum or function can lie
  // in several ranges (cut by a section's end); only the first is paired.
  using Identity = std::tuple<RangeKind, uint32_t, int>;

  struct RangePair {
    uint32_t pre;
    uint32_t post;
    uint32_t equalBytes;
  };

  static std::pair<Side, Side> bothSides(const Referents &referents) {
    std::optional<Side> pre, post;
    tbb::parallel_invoke([&] { pre.emplace(referents.pre()); }, [&] { post.emplace(referents.post()); });
    return {*std::move(pre), *std::move(post)};
  }

  void pair(uint32_t pre, uint32_t post) {
    pairs_.push_back({pre, post, 0});
    pre_.isPaired[pre] = true;
    post_.isPaired[post] = true;
  }

  void pairByOwner() {
    const std::vector<uint32_t> structures = structuresInPost();
    std::vector<std::pair<Identity, uint32_t>> wanted, offered;
    for (uint32_t i = 0; i < pre_.ranges.size(); ++i)
      if (const auto identity = partnerIdentity(pre_.ranges[i], structures))
        wanted.emplace_back(*identity, i);
    for (uint32_t i = 0; i < post_.ranges.size(); ++i)
      offered.emplace_back(Identity{post_.ranges[i].kind, post_.ranges[i].owner, post_.ranges[i].part}, i);
    tbb::parallel_sort(wanted.begin(), wanted.end());
    tbb::parallel_sort(offered.begin(), offered.end());
    for (size_t i = 0, j = 0; i < wanted.size() && j < offered.size();) {
      if (wanted[i].first == offered[j].first)
        pair(wanted[i++].second, offered[j++].second);
      else
        ++(wanted[i].first < offered[j].first ? i : j);
    }
  }

  // The identity that the partner of this pre range has in the post file; nullopt when it is paired by content.
  std::optional<Identity> partnerIdentity(const FileRange &range, const std::vector<uint32_t> &structures) const {
    const auto identity = [&](std::optional<uint32_t> owner) {
      return owner ? std::optional(Identity{range.kind, *owner, range.part}) : std::nullopt;
    };
    switch (range.kind) {
    case RangeKind::function:
      return identity(referents_.pairing().functions.toPost(range.owner));
    case RangeKind::datum:
      return identity(referents_.pairing().data.toPost(range.owner));
    case RangeKind::structure:
      return identity(structures[range.owner]);
    case RangeKind::header:
    case RangeKind::signature:
    case RangeKind::symbolTable:
      return identity(range.owner);
    case RangeKind::filler:
    case RangeKind::unknown:
      return std::nullopt;
    }
    return std::nullopt;
  }

  // The k-th structure of a kind is the k-th of that kind.
  std::vector<uint32_t> structuresInPost() const {
    std::map<StructureKind, std::vector<uint32_t>> ofKind;
    const auto &postStructures = post_.program.structures();
    for (uint32_t i = 0; i < postStructures.size(); ++i)
      ofKind[postStructures[i].kind].push_back(i);
    std::map<StructureKind, size_t> next;
    std::vector<uint32_t> result;
    for (const Structure &structure : pre_.program.structures()) {
      const auto &candidates = ofKind[structure.kind];
      const size_t ordinal = next[structure.kind]++;
      constexpr uint32_t none = std::numeric_limits<uint32_t>::max();
      result.push_back(ordinal < candidates.size() ? candidates[ordinal] : none);
    }
    return result;
  }

  struct Keyed {
    uint64_t hash;
    uint32_t rva;
    uint32_t range;
    auto operator<=>(const Keyed &) const = default;
  };

  // Unnamed constants, filler and what nobody owns: equal bytes are the same thing, at the same place before another.
  void pairByContent() {
    std::vector<Keyed> pre, post;
    tbb::parallel_invoke([&] { pre = keysOf(pre_); }, [&] { post = keysOf(post_); });
    for (size_t i = 0, j = 0; i < pre.size() && j < post.size();) {
      if (pre[i].hash != post[j].hash) {
        ++(pre[i].hash < post[j].hash ? i : j);
        continue;
      }
      const auto endOf = [](const std::vector<Keyed> &keys, size_t begin) {
        size_t end = begin;
        while (end < keys.size() && keys[end].hash == keys[begin].hash)
          ++end;
        return end;
      };
      const size_t preEnd = endOf(pre, i);
      const size_t postEnd = endOf(post, j);
      pairEqual(std::span(pre).subspan(i, preEnd - i), std::span(post).subspan(j, postEnd - j));
      i = preEnd;
      j = postEnd;
    }
  }

  static std::vector<Keyed> keysOf(const Side &side) {
    std::vector<Keyed> keys;
    for (uint32_t i = 0; i < side.ranges.size(); ++i) {
      const FileRange &range = side.ranges[i];
      const bool byContent =
          range.kind == RangeKind::filler || range.kind == RangeKind::unknown || range.kind == RangeKind::datum;
      if (byContent && !side.isPaired[i])
        keys.push_back({hashOf(side.bytesOf(range)), range.rva.value_or(0), i});
    }
    tbb::parallel_sort(keys.begin(), keys.end());
    return keys;
  }

  static uint64_t hashOf(std::span<const uint8_t> bytes) {
    return llvm::xxh3_64bits(llvm::ArrayRef(bytes.data(), bytes.size()));
  }

  void pairEqual(std::span<const Keyed> pre, std::span<const Keyed> post) {
    const auto pairIfEqual = [&](const Keyed &a, const Keyed &b) {
      const FileRange &preRange = pre_.ranges[a.range];
      const FileRange &postRange = post_.ranges[b.range];
      if (preRange.kind == postRange.kind && std::ranges::equal(pre_.bytesOf(preRange), post_.bytesOf(postRange)))
        pair(a.range, b.range);
    };
    for (size_t i = 0, j = 0; i < pre.size() && j < post.size();) {
      if (pre[i].rva == post[j].rva)
        pairIfEqual(pre[i++], post[j++]);
      else
        ++(pre[i].rva < post[j].rva ? i : j);
    }
    for (size_t i = 0, j = 0; i < pre.size() && j < post.size();) {
      if (pre_.isPaired[pre[i].range])
        ++i;
      else if (post_.isPaired[post[j].range])
        ++j;
      else
        pairIfEqual(pre[i++], post[j++]);
    }
  }

  void countEqualBytes() {
    constexpr size_t pairsPerTask = 1024;
    tbb::parallel_for(tbb::blocked_range<size_t>(0, pairs_.size(), pairsPerTask), [&](const auto &some) {
      for (size_t i = some.begin(); i != some.end(); ++i) {
        const FileRange &pre = pre_.ranges[pairs_[i].pre];
        const FileRange &post = post_.ranges[pairs_[i].post];
        pairs_[i].equalBytes = countEqual(pre_.bytesOf(pre), post_.bytesOf(post), std::min(pre.size, post.size));
      }
    });
  }

  Cause causeOf(const Side &side, const FileRange &range, const std::vector<Cause> &ofFunctions) const {
    switch (range.kind) {
    case RangeKind::header:
      return Cause::headerLayout;
    case RangeKind::function:
      return &side == &pre_ ? ofFunctions[range.owner] : Cause::functionBody;
    case RangeKind::datum:
      return side.program.data()[range.owner].name.empty() &&
                     !side.program.image().sections()[range.section].isWritable()
                 ? Cause::constant
                 : Cause::dataValue;
    case RangeKind::structure:
      return causeOfStructure(side.program.structures()[range.owner].kind);
    case RangeKind::filler:
      return Cause::padding;
    case RangeKind::signature:
      return Cause::signature;
    case RangeKind::symbolTable:
      return Cause::symbolTable;
    case RangeKind::unknown:
      return Cause::unattributed;
    }
    return Cause::unattributed;
  }

  // A byte of the headers that differs.
  static Cause causeInHeader(uint32_t offset, std::span<const uint8_t> file) {
    const uint32_t peOffset = llvm::support::endian::read32le(&file[0x3C]);
    if (offset >= 0x40 && offset < peOffset)
      return Cause::buildStamp; // DOS stub and rich header
    if (offset >= peOffset + 8 && offset < peOffset + 12)
      return Cause::buildStamp; // FileHeader.TimeDateStamp
    if (offset >= peOffset + 24 + 64 && offset < peOffset + 24 + 68)
      return Cause::checksum; // OptionalHeader.CheckSum
    return Cause::headerLayout;
  }

  Sums addUp(const std::vector<Cause> &causes) const {
    Sums sums{};
    for (const RangePair &pair : pairs_)
      addPair(pair, causes, sums);
    for (size_t i = 0; i < pre_.ranges.size(); ++i)
      if (!pre_.isPaired[i])
        at(sums, causeOf(pre_, pre_.ranges[i], causes)).pre += pre_.ranges[i].size;
    for (size_t i = 0; i < post_.ranges.size(); ++i)
      if (!post_.isPaired[i])
        at(sums, causeOf(post_, post_.ranges[i], causes)).post += post_.ranges[i].size;
    return sums;
  }

  void addPair(const RangePair &pair, const std::vector<Cause> &causes, Sums &sums) const {
    const FileRange &pre = pre_.ranges[pair.pre];
    const FileRange &post = post_.ranges[pair.post];
    const uint32_t common = std::min(pre.size, post.size);
    const auto add = [&](Cause cause, uint32_t preSize, uint32_t postSize) {
      at(sums, cause).pre += preSize;
      at(sums, cause).post += postSize;
    };
    add(pre.rva == post.rva ? Cause::same : Cause::moved, pair.equalBytes, pair.equalBytes);
    const Cause cause = causeOf(pre_, pre, causes);
    add(cause, pre.size - common, post.size - common);
    if (pre.kind != RangeKind::header) {
      add(cause, common - pair.equalBytes, common - pair.equalBytes);
      return;
    }
    const auto preBytes = pre_.bytesOf(pre);
    const auto postBytes = post_.bytesOf(post);
    for (uint32_t i = 0; i < common; ++i)
      if (preBytes[i] != postBytes[i])
        add(causeInHeader(i, pre_.bytes), 1, 1);
  }

  static Result<> checkSum(const Image &image, const Sums &sums, uint64_t Ledger::Bytes::*side) {
    const uint64_t counted =
        std::accumulate(sums.begin(), sums.end(), uint64_t{0},
                        [&](uint64_t sum, const Ledger::Bytes &bytes) { return sum + bytes.*side; });
    if (counted == image.fileBytes().size())
      return {};
    return failFault(image.path().string(), "ledger",
                     fmt::format("{} bytes are accounted for, the file has {}", counted, image.fileBytes().size()),
                     "report this image: the comparison of it cannot be trusted");
  }

  // Ranges are in file order.
  void listUnattributed(const Side &side, bool isPost, const std::vector<Cause> &causes, Ledger &ledger) const {
    for (size_t i = 0; i < side.ranges.size(); ++i) {
      const FileRange &range = side.ranges[i];
      if (!side.isPaired[i] && causeOf(side, range, causes) == Cause::unattributed)
        ledger.unattributed.push_back(
            {isPost, range.fileOffset, range.size,
             range.section < 0 ? "outside of sections" : side.program.image().sections()[range.section].name});
    }
  }

  const Referents &referents_;
  std::pair<Side, Side> sides_;
  Side &pre_;
  Side &post_;
  std::vector<RangePair> pairs_;
};

LedgerDraft::LedgerDraft(const Referents &referents) : ranges_(std::make_unique<Ranges>(referents)) {}
LedgerDraft::LedgerDraft(LedgerDraft &&) noexcept = default;
LedgerDraft &LedgerDraft::operator=(LedgerDraft &&) noexcept = default;
LedgerDraft::~LedgerDraft() = default;

Result<Ledger> LedgerDraft::close(const std::vector<FunctionDifference> &functions) const {
  return ranges_->account(functions);
}

} // namespace hotgate::analyzer
