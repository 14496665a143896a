#include "analyzer/code/exception_data.h"

#include "analyzer/image/unwind_info.h"

#include <algorithm>
#include <limits>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;

std::string_view handlerDataKindName(HandlerDataKind kind) {
  switch (kind) {
  case HandlerDataKind::none:
    return "none";
  case HandlerDataKind::scopeTable:
    return "C scope table";
  case HandlerDataKind::functionInfo:
    return "C++ function info";
  case HandlerDataKind::compressedFunctionInfo:
    return "compressed C++ function info";
  case HandlerDataKind::lsda:
    return "Itanium C++ language data";
  case HandlerDataKind::cookie:
    return "stack cookie";
  case HandlerDataKind::unknown:
    return "unknown";
  case HandlerDataKind::unread:
    return "unread";
  }
  return "";
}

namespace {

constexpr uint32_t mostUnknownBytes = 256; // language data of an unknown format that is still taken as words

// How often a handler's uses look as if a cookie's data stood behind their own.
struct CookieVotes {
  uint32_t handlerRva;
  uint32_t uses = 0;
  uint32_t withCookie = 0;
};

// The first word of a cookie's data: its offset in the frame, and flags.
constexpr uint32_t cookieHandlerFlags = 3;
uint32_t cookieSize(uint32_t first) {
  constexpr uint32_t hasAlignment = 4;
  return (first & hasAlignment) != 0 ? 12 : 4;
}

bool canHaveCookie(HandlerDataKind kind) {
  return kind == HandlerDataKind::scopeTable || kind == HandlerDataKind::functionInfo ||
         kind == HandlerDataKind::compressedFunctionInfo;
}

} // namespace

class ExceptionDataReader {
public:
  explicit ExceptionDataReader(const Image &image) : image_(image) {
    // Honest tables are read a few times each: a function's catch blocks share its function info.
    constexpr uint64_t leastBudget = 1 << 20;
    budget_ = std::max<uint64_t>(leastBudget, image.fileBytes().size());
  }

  ExceptionData read() {
    findUses();
    for (size_t i = 0; i < data_.uses_.size(); ++i)
      classify(data_.uses_[i], functions_[i]);
    collectTables();
    findCookies();
    extendRecords();
    return std::move(data_);
  }

private:
  struct Functions {
    const FunctionRange *first;
    uint32_t count;
  };

  // One use for each unwind record, and the functions that it serves.
  void findUses() {
    struct Record {
      uint32_t rva;
      const FunctionRange *function;
    };
    std::vector<Record> records;
    records.reserve(image_.functionRanges().size());
    for (const FunctionRange &function : image_.functionRanges())
      if (const uint32_t rva = unwindRecordOf(image_, function); rva != 0)
        records.push_back({rva, &function});
    std::ranges::stable_sort(records, {}, &Record::rva);
    starts_.reserve(records.size());
    data_.records_.reserve(records.size());
    for (const Record &record : records) {
      if (!starts_.empty() && starts_.back() == record.rva) {
        if (!data_.uses_.empty() && data_.uses_.back().unwindRva == record.rva)
          ++functions_.back().count;
        continue;
      }
      const auto bytes = image_.bytesFrom(record.rva);
      const auto info = readUnwindInfo(image_.machine(), bytes);
      if (!info || bytes.size() < info->size())
        continue;
      starts_.push_back(record.rva);
      data_.records_.push_back({record.rva, info->size()});
      if (!info->hasHandler)
        continue;
      data_.uses_.push_back({.unwindRva = record.rva,
                             .handlerRva = read32le(&bytes[info->tailOffset]),
                             .dataRva = record.rva + info->size()});
      functions_.push_back({record.function, 1});
    }
  }

  // Where the next known record begins, or the section's bytes end.
  uint32_t limitOf(uint32_t rva) const {
    const uint32_t sectionEnd = rva + static_cast<uint32_t>(image_.bytesFrom(rva).size());
    const auto next = std::ranges::lower_bound(starts_, rva);
    return next == starts_.end() ? sectionEnd : std::min(*next, sectionEnd);
  }

  void classify(HandlerUse &use, const Functions &functions) {
    scratch_.clear();
    HandlerDataWalk walk(image_, *functions.first, budget_, scratch_);
    const uint32_t rva = use.dataRva;
    const uint32_t limit = limitOf(rva);
    const auto is = [&](HandlerDataKind kind, uint32_t size) {
      use.kind = kind;
      use.dataSize = size;
      return size != 0;
    };
    if (is(HandlerDataKind::functionInfo, walk.functionInfo(rva, limit)) ||
        is(HandlerDataKind::scopeTable, walk.scopeTable(rva, limit)) ||
        is(HandlerDataKind::compressedFunctionInfo, walk.compressedFunctionInfo(rva, limit)) ||
        is(HandlerDataKind::lsda, walk.lsda(rva, limit)))
      data_.tables_.insert(data_.tables_.end(), scratch_.owned.begin(), scratch_.owned.end());
    else if (isCookie(rva, limit, *functions.first))
      is(HandlerDataKind::cookie, walk.cookie(rva, limit));
    else if (limit - rva < 4)
      is(HandlerDataKind::none, 0);
    else
      is(HandlerDataKind::unknown, limit - rva <= mostUnknownBytes ? walk.words(rva, limit) : 0);
    // The comparison reads it for each function.
    budget_ -= std::min<uint64_t>(budget_, uint64_t{functions.count - 1} * scratch_.items.size());
    if (budget_ == 0)
      is(HandlerDataKind::unread, 0);
  }

  // Data of __GSHandlerCheck alone: without the flags of another handler, and with nothing but alignment behind it. A
  // word that is a place in the function is somebody else's.
  bool isCookie(uint32_t rva, uint32_t limit, const FunctionRange &function) const {
    constexpr uint32_t mostAlignment = 12;
    const auto bytes = image_.bytesFrom(rva);
    if (limit - rva < 4 || bytes.size() < limit - rva)
      return false;
    const uint32_t first = read32le(bytes.data());
    const uint32_t size = cookieSize(first);
    if ((first & cookieHandlerFlags) != 0 || (first >= function.begin && first <= function.end) || limit - rva < size ||
        limit - rva - size > mostAlignment)
      return false;
    const auto behind = bytes.subspan(size, limit - rva - size);
    return std::ranges::all_of(behind, [](uint8_t byte) { return byte == 0; });
  }

  void collectTables() {
    std::ranges::stable_sort(data_.tables_, {}, &ByteRange::rva);
    const size_t records = starts_.size();
    for (const ByteRange &table : data_.tables_)
      starts_.push_back(table.rva);
    std::inplace_merge(starts_.begin(), starts_.begin() + static_cast<std::ptrdiff_t>(records), starts_.end());
  }

  void findCookies() {
    std::vector<CookieVotes> votes;
    for (const HandlerUse &use : data_.uses_)
      votes.push_back({use.handlerRva});
    std::ranges::sort(votes, {}, &CookieVotes::handlerRva);
    const auto repeated = std::ranges::unique(votes, {}, &CookieVotes::handlerRva);
    votes.erase(repeated.begin(), repeated.end());
    const auto votesOf = [&](const HandlerUse &use) -> CookieVotes & {
      return *std::ranges::lower_bound(votes, use.handlerRva, {}, &CookieVotes::handlerRva);
    };
    for (const HandlerUse &use : data_.uses_)
      if (canHaveCookie(use.kind)) {
        CookieVotes &vote = votesOf(use);
        ++vote.uses;
        if (looksLikeCookie(use.dataRva + use.dataSize))
          ++vote.withCookie;
      }
    // Nearly all, because a damaged byte must not change what the other uses are.
    for (HandlerUse &use : data_.uses_)
      if (canHaveCookie(use.kind))
        if (const CookieVotes &vote = votesOf(use); vote.withCookie * 2 > vote.uses)
          addCookie(use);
  }

  // A handler that checks the cookie and then calls another one says with two flags when to call that.
  bool looksLikeCookie(uint32_t rva) const {
    constexpr int32_t farthest = 1 << 24; // from the frame; x64 counts up, ARM64 down
    const auto bytes = image_.bytesFrom(rva);
    if (bytes.size() < 4)
      return false;
    const uint32_t first = read32le(bytes.data());
    const auto offset = static_cast<int32_t>(first);
    return (first & cookieHandlerFlags) != 0 && offset < farthest && offset > -farthest &&
           limitOf(rva) - rva >= cookieSize(first);
  }

  void addCookie(HandlerUse &use) {
    const uint32_t rva = use.dataRva + use.dataSize;
    scratch_.clear();
    const FunctionRange nobody;
    HandlerDataWalk walk(image_, nobody, budget_, scratch_);
    if (const uint32_t size = walk.cookie(rva, limitOf(rva)); size != 0) {
      use.cookieRva = rva;
      use.dataSize += size;
    }
  }

  void extendRecords() {
    auto record = data_.records_.begin();
    for (const HandlerUse &use : data_.uses_) {
      record = std::lower_bound(record, data_.records_.end(), use.unwindRva,
                                [](const ByteRange &range, uint32_t rva) { return range.rva < rva; });
      record->size += use.dataSize;
    }
  }

  const Image &image_;
  ExceptionData data_;
  std::vector<Functions> functions_; // of each use
  std::vector<uint32_t> starts_;     // of unwind records, later of tables too; by RVA
  uint64_t budget_;
  ExceptionItems scratch_;
};

ExceptionData ExceptionData::read(const Image &image) { return ExceptionDataReader(image).read(); }

const HandlerUse *ExceptionData::useAt(uint32_t unwindRva) const {
  const auto found = std::ranges::lower_bound(uses_, unwindRva, {}, &HandlerUse::unwindRva);
  return found == uses_.end() || found->unwindRva != unwindRva ? nullptr : &*found;
}

bool ExceptionData::appendItems(const Image &image, const FunctionRange &function, ExceptionItems &result) const {
  const HandlerUse *use = useAt(unwindRecordOf(image, function));
  if (use == nullptr)
    return true;
  // read() has walked all of it within a budget.
  uint64_t budget = std::numeric_limits<uint64_t>::max();
  HandlerDataWalk walk(image, function, budget, result);
  result.items.push_back({ExceptionItem::Kind::number, static_cast<uint32_t>(use->kind)});
  result.items.push_back({ExceptionItem::Kind::handler, use->handlerRva});
  const uint32_t limit = use->dataRva + use->dataSize;
  const auto readMain = [&] {
    switch (use->kind) {
    case HandlerDataKind::none:
      return true;
    case HandlerDataKind::scopeTable:
      return walk.scopeTable(use->dataRva, limit) != 0;
    case HandlerDataKind::functionInfo:
      return walk.functionInfo(use->dataRva, limit) != 0;
    case HandlerDataKind::compressedFunctionInfo:
      return walk.compressedFunctionInfo(use->dataRva, limit) != 0;
    case HandlerDataKind::lsda:
      return walk.lsda(use->dataRva, limit) != 0;
    case HandlerDataKind::cookie:
      return walk.cookie(use->dataRva, limit) != 0;
    case HandlerDataKind::unknown:
      return use->dataSize == 0 || walk.words(use->dataRva, limit) != 0;
    case HandlerDataKind::unread:
      return false;
    }
    return false;
  };
  return readMain() && (use->cookieRva == 0 || walk.cookie(use->cookieRva, limit) != 0);
}

} // namespace hotgate::analyzer
