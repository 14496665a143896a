#include "analyzer/diff/ledger.h"

#include <algorithm>
#include <llvm/Support/Endian.h>
#include <set>
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

enum class OwnerKind : uint8_t { header, function, datum, structure, filler, signature, unknown };

struct OwnedRange {
  uint32_t fileOffset = 0;
  uint32_t size = 0;
  std::optional<uint32_t> rva; // headers and what lies outside the image have none
  OwnerKind kind = OwnerKind::unknown;
  uint32_t owner = 0; // function, datum or structure index
  int part = -1;      // fragment of a function, -1 for its body
  std::string section;

  // What a range of the other file must have in common with this one to be its partner, once owners are paired.
  [[nodiscard]] std::tuple<OwnerKind, uint32_t, int> identity() const { return {kind, owner, part}; }
};

bool isFillerByte(uint8_t byte) { return byte == 0 || byte == 0xCC || byte == 0x90; }

// Multi-byte nops as assemblers emit them between functions: `66 66 2E 0F 1F 84 00 ...`, `0F 1F 40 00`.
bool isNopPadding(std::span<const uint8_t> bytes) {
  for (size_t at = 0; at < bytes.size();) {
    if (isFillerByte(bytes[at]) || bytes[at] == 0x66 || bytes[at] == 0x2E) {
      ++at;
      continue;
    }
    if (bytes.size() - at < 3 || bytes[at] != 0x0F || bytes[at + 1] != 0x1F)
      return false;
    const uint8_t modrm = bytes[at + 2];
    size_t length = 3;
    if ((modrm & 7) == 4)
      ++length; // SIB
    length += (modrm >> 6) == 1 ? 1 : (modrm >> 6) == 2 ? 4 : 0;
    at += length;
    if (at > bytes.size())
      return false;
  }
  return true;
}

// Cuts one file into owned ranges.
class Partition {
public:
  explicit Partition(const Program &program) : program_(program), image_(program.image()) {}

  std::vector<OwnedRange> cut() {
    collectOwners();
    const auto fileSize = static_cast<uint32_t>(image_.fileBytes().size());
    const uint32_t headers = std::min(image_.sizeOfHeaders(), fileSize);
    push(0, headers, std::nullopt, OwnerKind::header, 0, -1, "headers");
    std::vector<const Section *> byOffset;
    for (const Section &section : image_.sections())
      if (section.fileSize != 0)
        byOffset.push_back(&section);
    std::sort(byOffset.begin(), byOffset.end(),
              [](const Section *a, const Section *b) { return a->fileOffset < b->fileOffset; });
    for (const Section *section : byOffset)
      cutSection(*section, fileSize);
    cutOverlay(fileSize);
    return std::move(ranges_);
  }

private:
  struct Owner {
    CodeRange range;
    OwnerKind kind;
    uint32_t index;
    int part;
  };

  void collectOwners() {
    for (FunctionIndex i = 0; i < program_.functions().size(); ++i) {
      const Function &function = program_.functions()[i];
      owners_.push_back({function.body, OwnerKind::function, i, -1});
      for (size_t part = 0; part < function.fragments.size(); ++part)
        owners_.push_back({function.fragments[part], OwnerKind::function, i, static_cast<int>(part)});
    }
    for (DatumIndex i = 0; i < program_.data().size(); ++i)
      owners_.push_back({{program_.data()[i].rva, program_.data()[i].size}, OwnerKind::datum, i, -1});
    for (uint32_t i = 0; i < program_.structures().size(); ++i)
      owners_.push_back({{program_.structures()[i].rva, program_.structures()[i].size}, OwnerKind::structure, i, -1});
    std::stable_sort(owners_.begin(), owners_.end(),
                     [](const Owner &a, const Owner &b) { return a.range.rva < b.range.rva; });
  }

  void push(uint32_t offset, uint32_t size, std::optional<uint32_t> rva, OwnerKind kind, uint32_t owner, int part,
            const std::string &section) {
    if (size == 0)
      return;
    ranges_.push_back({offset, size, rva, kind, owner, part, section});
    done_ = offset + size;
  }

  void pushGap(uint32_t offset, uint32_t size, uint32_t rva, const Section &section) {
    const auto bytes = image_.fileBytes().subspan(offset, size);
    const bool filler =
        std::all_of(bytes.begin(), bytes.end(), isFillerByte) || (section.isExecutable() && isNopPadding(bytes));
    push(offset, size, rva, filler ? OwnerKind::filler : OwnerKind::unknown, 0, -1, section.name);
  }

  void cutSection(const Section &section, uint32_t fileSize) {
    if (section.fileOffset >= fileSize)
      return;
    const uint32_t begin = std::max(section.fileOffset, done_);
    const uint32_t end =
        static_cast<uint32_t>(std::min<uint64_t>(uint64_t{section.fileOffset} + section.fileSize, fileSize));
    cutBetweenSections(begin);
    if (begin >= end)
      return;
    uint32_t rva = section.rva + (begin - section.fileOffset);
    const uint32_t endRva = section.rva + (end - section.fileOffset);
    auto owner = std::lower_bound(owners_.begin(), owners_.end(), rva,
                                  [](const Owner &o, uint32_t address) { return o.range.rva < address; });
    for (; owner != owners_.end() && owner->range.rva < endRva; ++owner) {
      if (owner->range.end() <= rva)
        continue;
      const uint32_t from = std::max(owner->range.rva, rva);
      const uint32_t to = std::min(owner->range.end(), endRva);
      pushGap(section.fileOffset + (rva - section.rva), from - rva, rva, section);
      push(section.fileOffset + (from - section.rva), to - from, from, owner->kind, owner->index, owner->part,
           section.name);
      rva = to;
    }
    pushGap(section.fileOffset + (rva - section.rva), endRva - rva, rva, section);
  }

  // Bytes that no section claims.
  void cutBetweenSections(uint32_t end) {
    if (end <= done_)
      return;
    const auto bytes = image_.fileBytes().subspan(done_, end - done_);
    const bool filler = std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
    push(done_, end - done_, std::nullopt, filler ? OwnerKind::filler : OwnerKind::unknown, 0, -1, "between sections");
  }

  void cutOverlay(uint32_t fileSize) {
    const DirectoryRange certificates = image_.directory(Directory::certificates); // its "RVA" is a file offset
    if (certificates.size != 0 && certificates.rva >= done_ && certificates.rva < fileSize) {
      cutBetweenSections(certificates.rva);
      push(certificates.rva, std::min(certificates.size, fileSize - certificates.rva), std::nullopt,
           OwnerKind::signature, 0, -1, "signature");
    }
    cutBetweenSections(fileSize);
  }

  const Program &program_;
  const Image &image_;
  std::vector<Owner> owners_;
  std::vector<OwnedRange> ranges_;
  uint32_t done_ = 0;
};

Cause causeOfStructure(StructureKind kind) {
  switch (kind) {
  case StructureKind::exportTable:
    return Cause::exportTable;
  case StructureKind::importTable:
    return Cause::import;
  case StructureKind::exceptionTable:
  case StructureKind::unwindInfo:
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

class Accountant {
public:
  Accountant(const Referents &referents, const std::vector<FunctionDifference> &functions)
      : referents_(referents), preStructures_(referents.pre().structures()),
        postStructures_(referents.post().structures()) {
    for (const FunctionDifference &difference : functions)
      if (difference.pre && difference.status == ChangeStatus::identical)
        identical_.insert(*difference.pre);
  }

  Result<Ledger> account() {
    const std::vector<OwnedRange> pre = Partition(referents_.pre()).cut();
    const std::vector<OwnedRange> post = Partition(referents_.post()).cut();
    pairRanges(pre, post);
    HOTGATE_CHECK(checkComplete());
    mergeUnattributed();
    return std::move(ledger_);
  }

private:
  using Identity = std::tuple<OwnerKind, uint32_t, int>;

  // The identity that the partner of this pre range has in the post file; nullopt when it can have none.
  std::optional<Identity> partnerIdentity(const OwnedRange &range) {
    switch (range.kind) {
    case OwnerKind::function:
      if (const auto post = referents_.pairing().functions.toPost(range.owner))
        return Identity{range.kind, *post, range.part};
      return std::nullopt;
    case OwnerKind::datum:
      if (const auto post = referents_.pairing().data.toPost(range.owner))
        return Identity{range.kind, *post, range.part};
      return std::nullopt;
    case OwnerKind::structure:
      if (const auto post = structureInPost(range.owner))
        return Identity{range.kind, *post, range.part};
      return std::nullopt;
    case OwnerKind::header:
    case OwnerKind::signature:
      return range.identity();
    case OwnerKind::filler:
    case OwnerKind::unknown:
      return std::nullopt; // paired by content
    }
    return std::nullopt;
  }

  // The k-th structure of a kind is the k-th of that kind.
  std::optional<uint32_t> structureInPost(uint32_t index) const {
    const StructureKind kind = preStructures_[index].kind;
    auto ordinal = std::count_if(preStructures_.begin(), preStructures_.begin() + index,
                                 [&](const Structure &s) { return s.kind == kind; });
    for (uint32_t i = 0; i < postStructures_.size(); ++i)
      if (postStructures_[i].kind == kind && ordinal-- == 0)
        return i;
    return std::nullopt;
  }

  void pairRanges(const std::vector<OwnedRange> &pre, const std::vector<OwnedRange> &post) {
    std::map<Identity, std::vector<const OwnedRange *>> byIdentity;
    std::map<std::string, std::vector<const OwnedRange *>> byContent;
    for (const OwnedRange &range : post) {
      byIdentity[range.identity()].push_back(&range);
      if (isPairedByContent(range))
        byContent[content(referents_.post(), range)].push_back(&range);
    }
    std::set<const OwnedRange *> used;
    const auto take = [&](std::vector<const OwnedRange *> &candidates) -> const OwnedRange * {
      for (const OwnedRange *candidate : candidates)
        if (used.insert(candidate).second)
          return candidate;
      return nullptr;
    };
    for (const OwnedRange &range : pre) {
      const OwnedRange *partner = nullptr;
      if (const auto identity = partnerIdentity(range)) {
        if (const auto found = byIdentity.find(*identity); found != byIdentity.end())
          partner = take(found->second);
      } else if (isPairedByContent(range)) {
        if (const auto found = byContent.find(content(referents_.pre(), range)); found != byContent.end())
          partner = take(found->second);
      }
      if (partner != nullptr)
        addPair(range, *partner);
      else
        addAlone(range, false);
    }
    for (const OwnedRange &range : post)
      if (!used.contains(&range))
        addAlone(range, true);
  }

  // Unnamed constants, filler and what nobody owns: equal bytes are the same thing.
  static bool isPairedByContent(const OwnedRange &range) {
    return range.kind == OwnerKind::filler || range.kind == OwnerKind::unknown || range.kind == OwnerKind::datum;
  }

  static std::string content(const Program &program, const OwnedRange &range) {
    const auto bytes = program.image().fileBytes().subspan(range.fileOffset, range.size);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
  }

  Cause causeOf(const OwnedRange &range, bool isPost) const {
    switch (range.kind) {
    case OwnerKind::header:
      return Cause::headerLayout;
    case OwnerKind::function:
      return !isPost && identical_.contains(range.owner) ? Cause::displacementOnly : Cause::functionBody;
    case OwnerKind::datum: {
      const Program &program = isPost ? referents_.post() : referents_.pre();
      return program.data()[range.owner].name.empty() ? Cause::constant : Cause::dataValue;
    }
    case OwnerKind::structure:
      return causeOfStructure((isPost ? postStructures_ : preStructures_)[range.owner].kind);
    case OwnerKind::filler:
      return Cause::padding;
    case OwnerKind::signature:
      return Cause::signature;
    case OwnerKind::unknown:
      return Cause::unattributed;
    }
    return Cause::unattributed;
  }

  Cause causeOfByte(const OwnedRange &pre, uint32_t index, const Image &image) const {
    if (pre.kind != OwnerKind::header)
      return causeOf(pre, false);
    const auto bytes = image.fileBytes();
    const uint32_t peOffset = llvm::support::endian::read32le(&bytes[0x3C]);
    if (index >= 0x40 && index < peOffset)
      return Cause::buildStamp; // DOS stub and rich header
    if (index >= peOffset + 8 && index < peOffset + 12)
      return Cause::buildStamp; // FileHeader.TimeDateStamp
    if (index >= peOffset + 24 + 64 && index < peOffset + 24 + 68)
      return Cause::checksum; // OptionalHeader.CheckSum
    return Cause::headerLayout;
  }

  void addPair(const OwnedRange &pre, const OwnedRange &post) {
    const auto preBytes = referents_.pre().image().fileBytes().subspan(pre.fileOffset, pre.size);
    const auto postBytes = referents_.post().image().fileBytes().subspan(post.fileOffset, post.size);
    const uint32_t common = std::min(pre.size, post.size);
    const Cause equal = pre.rva == post.rva ? Cause::same : Cause::moved;
    for (uint32_t i = 0; i < common; ++i) {
      const Cause cause = preBytes[i] == postBytes[i] ? equal : causeOfByte(pre, i, referents_.pre().image());
      ++ledger_.byCause[cause].pre;
      ++ledger_.byCause[cause].post;
    }
    ledger_.byCause[causeOf(pre, false)].pre += pre.size - common;
    ledger_.byCause[causeOf(pre, false)].post += post.size - common;
  }

  void addAlone(const OwnedRange &range, bool isPost) {
    const Cause cause = causeOf(range, isPost);
    (isPost ? ledger_.byCause[cause].post : ledger_.byCause[cause].pre) += range.size;
    if (cause == Cause::unattributed)
      ledger_.unattributed.push_back({isPost, range.fileOffset, range.size, range.section});
  }

  Result<> checkComplete() const {
    Ledger::Bytes total;
    for (const auto &[cause, bytes] : ledger_.byCause) {
      total.pre += bytes.pre;
      total.post += bytes.post;
    }
    HOTGATE_CHECK(checkSum(referents_.pre().image(), total.pre));
    return checkSum(referents_.post().image(), total.post);
  }

  static Result<> checkSum(const Image &image, uint64_t counted) {
    if (counted == image.fileBytes().size())
      return {};
    return failFault(image.path().string(), "ledger",
                     fmt::format("{} bytes are accounted for, the file has {}", counted, image.fileBytes().size()),
                     "report this image: the comparison of it cannot be trusted");
  }

  void mergeUnattributed() {
    std::erase_if(ledger_.byCause, [](const auto &entry) { return entry.second.pre == 0 && entry.second.post == 0; });
    std::stable_sort(ledger_.unattributed.begin(), ledger_.unattributed.end(),
                     [](const UnattributedRange &a, const UnattributedRange &b) {
                       return std::tie(a.isPost, a.fileOffset) < std::tie(b.isPost, b.fileOffset);
                     });
  }

  const Referents &referents_;
  const std::vector<Structure> &preStructures_;
  const std::vector<Structure> &postStructures_;
  std::set<FunctionIndex> identical_;
  Ledger ledger_;
};

} // namespace

Result<Ledger> makeLedger(const Referents &referents, const std::vector<FunctionDifference> &functions) {
  return Accountant(referents, functions).account();
}

} // namespace hotgate::analyzer
