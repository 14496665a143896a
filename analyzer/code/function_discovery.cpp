#include "analyzer/code/function_discovery.h"

#include "analyzer/code/code_places.h"
#include "analyzer/code/reference_scan.h"
#include "support/phase.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <llvm/Support/Allocator.h>
#include <llvm/Support/Endian.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>
#include <tuple>
#include <utility>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t longestFiller = 16; // how far `padding` is counted
constexpr size_t functionsPerBlock = 256;

bool isFiller(uint8_t byte) { return byte == 0xCC || byte == 0x90; }

// Functions stay where they are made; entries, by RVA, are what is searched and merged.
struct Entry {
  uint32_t rva;
  Function *function;
};

bool byRva(const Entry &a, const Entry &b) { return a.rva < b.rva; }

bool byPlace(const CodeRange &a, const CodeRange &b) { return std::tie(a.rva, a.size) < std::tie(b.rva, b.size); }

} // namespace

class FunctionDiscovery::Search {
public:
  Search(const Image &image, const Symbols &symbols, const std::vector<Structure> &structures)
      : image_(image), symbols_(symbols), structures_(structures), places_(image),
        decoders_([machine = image.machine()] { return *Decoder::create(machine); }) {}

  void begin() {
    addSymbols();
    addExceptionRanges();
    addExports();
    addGuardTable();
    mergeNew();
  }

  DiscoveredFunctions follow(const EarlierBuild *earlier, const Budget &budget) {
    earlier_ = earlier;
    log::Phase phase("decoding");
    decodeNew();
    phase.next("following calls, pointers, gaps");
    // What is found by what it calls can call again. Each round finds a function or is the last.
    while (addCallTargets() || addPointersInCode() || addAlignedPointersInData() || addOtherPointersInData() ||
           addGaps()) {
      if (budget.isSpent()) {
        result_.isComplete = false;
        break;
      }
      mergeNew();
      decodeNew();
    }
    return finish();
  }

private:
  Function &add(uint32_t rva, FunctionSource source) {
    auto *function = new (functions_.Allocate()) Function;
    function->body.rva = rva;
    function->source = source;
    new_.push_back({rva, function});
    return *function;
  }

  DiscoveredFunctions finish() {
    result_.functions.resize(entries_.size());
    tbb::parallel_for(tbb::blocked_range<size_t>(0, entries_.size(), functionsPerBlock), [&](const auto &range) {
      for (size_t i = range.begin(); i != range.end(); ++i)
        result_.functions[i] = std::move(*entries_[i].function);
    });
    return std::move(result_);
  }

  bool isCode(uint32_t rva) const {
    const Section *section = image_.sectionAt(rva);
    return section != nullptr && section->isExecutable() && !image_.bytesFrom(rva).empty() &&
           structureAt(structures_, rva) == nullptr;
  }

  void addSymbols() {
    for (const FunctionSymbol &symbol : symbols_.functions) {
      if (!isCode(symbol.rva))
        continue;
      const bool isFolded = !new_.empty() && new_.back().rva == symbol.rva;
      Function &function = isFolded
                               ? *new_.back().function
                               : add(symbol.rva, symbol.size != 0 ? FunctionSource::pdb : FunctionSource::publicSymbol);
      addName(function, symbol);
      function.body.size = std::max(function.body.size, symbol.size);
      function.inlinees.insert(function.inlinees.end(), symbol.inlinees.begin(), symbol.inlinees.end());
      if (function.object.empty())
        function.object = symbol.object;
    }
    for (const Entry &entry : new_)
      sortUnique(entry.function->inlinees);
    mergeNew();
  }

  template <class T> static void sortUnique(std::vector<T> &values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }

  static void addName(Function &function, const FunctionSymbol &symbol) {
    if (function.name.empty()) {
      function.name = symbol.name;
      function.linkageName = symbol.linkageName.empty() ? symbol.name : symbol.linkageName;
      return;
    }
    if (symbol.name == function.name)
      return;
    if (function.names.empty())
      function.names.push_back(function.name);
    function.names.push_back(symbol.name);
    sortUnique(function.names);
  }

  Function *known(uint32_t rva) const {
    const auto found = std::ranges::lower_bound(entries_, rva, {}, &Entry::rva);
    return found != entries_.end() && found->rva == rva ? found->function : nullptr;
  }

  // The last function that begins at or before this RVA.
  Function *before(uint32_t rva) const {
    const auto next = std::ranges::upper_bound(entries_, rva, {}, &Entry::rva);
    return next == entries_.begin() ? nullptr : std::prev(next)->function;
  }

  void addExceptionRanges() {
    std::vector<const FunctionRange *> chained;
    for (const FunctionRange &range : image_.functionRanges()) {
      if (range.end <= range.begin || !isCode(range.begin))
        continue;
      if (range.primaryBegin != range.begin && isCode(range.primaryBegin)) {
        chained.push_back(&range);
        continue;
      }
      if (Function *symbol = before(range.begin); symbol != nullptr && symbol->body.contains(range.begin)) {
        // A PDB procedure can hold several primary ranges; only one that begins a body is a function.
        if (symbol->body.rva != range.begin)
          continue;
        completeBody(*symbol, range);
      } else if (Function *unsized = known(range.begin)) {
        completeBody(*unsized, range);
      } else if (!new_.empty() && new_.back().rva == range.begin) {
        completeBody(*new_.back().function, range);
      } else {
        completeBody(add(range.begin, FunctionSource::exceptionDirectory), range);
      }
    }
    mergeNew();
    for (const FunctionRange *range : chained)
      addFragment(*range);
    mergeNew();
  }

  static void completeBody(Function &function, const FunctionRange &range) {
    function.body.size = std::max(function.body.size, range.end - range.begin);
    function.handlerRva = range.handlerRva;
  }

  void addFragment(const FunctionRange &range) {
    Function *primary = known(range.primaryBegin);
    if (primary == nullptr) {
      // A chain to a body that no primary entry describes; its end is found by its code.
      if (new_.empty() || new_.back().rva != range.primaryBegin)
        add(range.primaryBegin, FunctionSource::exceptionDirectory);
      primary = new_.back().function;
    }
    if (!primary->body.contains(range.begin))
      primary->fragments.push_back({range.begin, range.end - range.begin});
  }

  void addExports() {
    for (const Export &symbol : image_.exports()) {
      if (symbol.rva == 0 || symbol.name.empty() || !isCode(symbol.rva))
        continue;
      Function *function = known(symbol.rva);
      if (function == nullptr)
        function = &add(symbol.rva, FunctionSource::exported);
      if (!function->name.empty())
        continue;
      function->name = function->linkageName = symbol.name;
      function->source = FunctionSource::exported;
    }
    mergeNew();
    if (const uint32_t entry = image_.entryPoint(); entry != 0 && isCode(entry) && known(entry) == nullptr)
      add(entry, FunctionSource::pointer);
    mergeNew();
  }

  void addGuardTable() {
    const auto &configuration = image_.loadConfiguration();
    if (!configuration || configuration->guardFunctionTableRva == 0)
      return;
    const size_t stride = 4 + (configuration->guardFlags >> 28); // GuardFlags bits 28-31: extra bytes of an entry
    const auto bytes = image_.bytesFrom(configuration->guardFunctionTableRva);
    for (size_t i = 0; i < configuration->guardFunctionCount && (i + 1) * stride <= bytes.size(); ++i)
      addTarget(llvm::support::endian::read32le(&bytes[i * stride]), FunctionSource::pointer);
    mergeNew();
  }

  // Brings what was added into the sorted list; of several at one RVA the first stays.
  void mergeNew() {
    if (new_.empty())
      return;
    std::stable_sort(new_.begin(), new_.end(), byRva);
    const auto same = [](const Entry &a, const Entry &b) { return a.rva == b.rva; };
    new_.erase(std::unique(new_.begin(), new_.end(), same), new_.end());
    std::vector<Entry> merged;
    merged.reserve(entries_.size() + new_.size());
    std::set_union(entries_.begin(), entries_.end(), new_.begin(), new_.end(), std::back_inserter(merged), byRva);
    std::set_difference(new_.begin(), new_.end(), entries_.begin(), entries_.end(), std::back_inserter(undecoded_),
                        byRva);
    entries_ = std::move(merged);
    for (const Entry &entry : new_)
      places_.add(entry.rva);
    new_.clear();
  }

  // --- decoding

  void decodeNew() {
    std::ranges::sort(undecoded_, byRva);
    const auto again = std::ranges::unique(undecoded_, {}, &Entry::rva);
    undecoded_.erase(again.begin(), again.end());
    decoded_ = std::exchange(undecoded_, {});
    const bool isFirst = ranges_.empty();
    if (isFirst)
      collectRanges();
    else
      forgetRanges();
    std::vector<Function *> sizeless;
    for (const Entry &entry : decoded_)
      if (entry.function->body.size == 0)
        sizeless.push_back(entry.function);
    decode(decoded_);
    for (const Entry &entry : decoded_) // one that begins with a table: what follows may be known next time
      if (!entry.function->firstInstructionSize && !entry.function->undecodableAt)
        undecoded_.push_back(entry);
    if (isFirst)
      collectRanges();
    else
      addRanges(sizeless);
  }

  void decode(std::span<const Entry> work) {
    const size_t blocks = (work.size() + functionsPerBlock - 1) / functionsPerBlock;
    const size_t firstBlock = result_.references.size();
    result_.references.resize(firstBlock + blocks);
    tbb::parallel_for(size_t{0}, blocks, [&](size_t block) {
      const size_t begin = block * functionsPerBlock;
      const size_t end = std::min(begin + functionsPerBlock, work.size());
      decodeBlock(decoders_.local(), work.subspan(begin, end - begin), result_.references[firstBlock + block]);
    });
  }

  void decodeBlock(Decoder &decoder, std::span<const Entry> work, std::vector<Reference> &found) {
    std::optional<EarlierBuild::Lookup> earlier;
    if (earlier_ != nullptr)
      earlier.emplace(*earlier_, image_);
    std::vector<size_t> begins;
    for (const Entry &entry : work) {
      Function &function = *entry.function;
      begins.push_back(found.size());
      clipRanges(function);
      const bool isOpen = function.body.size == 0;
      if (isOpen || !earlier || !earlier->transfer(function, found))
        decodeFunction(decoder, function, found);
      std::sort(found.begin() + static_cast<std::ptrdiff_t>(begins.back()), found.end(),
                [](const auto &a, const auto &b) { return a.field < b.field; });
    }
    begins.push_back(found.size());
    found.shrink_to_fit();
    for (size_t i = 0; i < work.size(); ++i)
      complete(*work[i].function, std::span(found).subspan(begins[i], begins[i + 1] - begins[i]));
  }

  // Ranges end with the file-backed bytes of their section.
  void clipRanges(Function &function) const {
    const auto clip = [&](CodeRange &range) {
      range.size = static_cast<uint32_t>(std::min<uint64_t>(range.size, image_.bytesFrom(range.rva).size()));
    };
    clip(function.body);
    for (CodeRange &fragment : function.fragments)
      clip(fragment);
    std::erase_if(function.fragments, [](const CodeRange &range) { return range.size == 0; });
    std::sort(function.fragments.begin(), function.fragments.end(),
              [](const auto &a, const auto &b) { return a.rva < b.rva; });
  }

  void decodeFunction(Decoder &decoder, Function &function, std::vector<Reference> &found) const {
    const size_t begin = found.size();
    function.isOpen = function.body.size == 0;
    const uint32_t limit = function.isOpen ? limitOf(function.body.rva) : 0;
    ReferenceScanner scanner(image_, decoder, function, found);
    scanRanges(scanner, function, limit);
    if (!scanner.mustScanAgain())
      return;
    found.resize(begin);
    scanRanges(scanner, function, limit);
  }

  // `limit` is 0 for a body whose size is known.
  static void scanRanges(ReferenceScanner &scanner, Function &function, uint32_t limit) {
    function.undecodableAt.reset();
    function.jumpTables.clear();
    const auto take = [&](const ReferenceScan &scan) {
      if (!function.undecodableAt)
        function.undecodableAt = scan.undecodableAt;
      function.jumpTables.insert(function.jumpTables.end(), scan.jumpTables.begin(), scan.jumpTables.end());
    };
    const ReferenceScan body = limit == 0 ? scanner.scan(function.body) : scanner.scanOpen(function.body.rva, limit);
    function.body.size = body.end - function.body.rva;
    function.firstInstructionSize = body.firstInstructionSize;
    take(body);
    for (const CodeRange &fragment : function.fragments)
      take(scanner.scan(fragment));
  }

  // Where a body without a size must end at the latest: the next range, structure, or the section's end.
  uint32_t limitOf(uint32_t rva) const {
    uint64_t limit = uint64_t{rva} + image_.bytesFrom(rva).size();
    const auto next = std::ranges::upper_bound(entries_, rva, {}, &Entry::rva);
    if (next != entries_.end())
      limit = std::min<uint64_t>(limit, next->rva);
    const auto range = std::upper_bound(ranges_.begin(), ranges_.end(), rva,
                                        [](uint32_t address, const CodeRange &r) { return address < r.rva; });
    if (range != ranges_.end())
      limit = std::min<uint64_t>(limit, range->rva);
    const auto structure = std::upper_bound(structures_.begin(), structures_.end(), rva,
                                            [](uint32_t address, const Structure &s) { return address < s.rva; });
    if (structure != structures_.end())
      limit = std::min<uint64_t>(limit, structure->rva);
    return static_cast<uint32_t>(limit);
  }

  void complete(Function &function, std::span<const Reference> references) const {
    function.references = references;
    function.padding = fillerBefore(function.body.rva);
    // What a redirect writes at the entry: ARM64 replaces two instructions.
    const uint32_t replaced = image_.machine() == Machine::arm64 ? 8 : 2;
    for (const Reference &reference : references)
      if (reference.kind == ReferenceKind::branch && reference.target >= function.body.rva &&
          reference.target - function.body.rva < replaced)
        ++function.branchesToEntry;
  }

  uint32_t fillerBefore(uint32_t rva) const {
    const Section *section = image_.sectionAt(rva);
    const uint32_t room = std::min(longestFiller, rva - section->rva);
    const auto bytes = image_.bytesFrom(rva - room);
    uint32_t count = 0;
    while (count < room && room - count - 1 < bytes.size() && isFiller(bytes[room - count - 1]))
      ++count;
    return count;
  }

  // --- what is found by the code itself

  // All known ranges of sized functions, by RVA.
  void collectRanges() {
    ranges_.clear();
    for (const Entry &entry : entries_) {
      if (entry.function->body.size != 0)
        ranges_.push_back(entry.function->body);
      ranges_.insert(ranges_.end(), entry.function->fragments.begin(), entry.function->fragments.end());
    }
    tbb::parallel_sort(ranges_.begin(), ranges_.end(), byPlace);
  }

  // Of functions that have got their size just now; they have no fragments.
  void addRanges(std::span<Function *const> functions) {
    const auto known = static_cast<std::ptrdiff_t>(ranges_.size());
    for (const Function *function : functions)
      ranges_.push_back(function->body);
    std::inplace_merge(ranges_.begin(), ranges_.begin() + known, ranges_.end(), byPlace);
  }

  // Of functions that were cut in two.
  void forgetRanges() {
    if (forgotten_.empty())
      return;
    std::ranges::sort(forgotten_, byPlace);
    std::vector<CodeRange> kept;
    std::ranges::set_difference(ranges_, forgotten_, std::back_inserter(kept), byPlace);
    ranges_ = std::move(kept);
    forgotten_.clear();
  }

  bool isInsideKnown(uint32_t rva) {
    const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), rva,
                                       [](uint32_t address, const CodeRange &range) { return address < range.rva; });
    return (next != ranges_.begin() && std::prev(next)->contains(rva)) || known(rva) != nullptr;
  }

  // Of what was decoded last. A call leads to a function's beginning, a jump may lead into its middle: a body whose end
  // only its own code told ends where something else is called.
  bool addCallTargets() {
    struct Targets {
      std::vector<uint32_t> jumped, called;
    };
    tbb::enumerable_thread_specific<Targets> found;
    tbb::parallel_for(tbb::blocked_range<size_t>(0, decoded_.size(), functionsPerBlock), [&](const auto &range) {
      Targets &mine = found.local();
      for (size_t i = range.begin(); i != range.end(); ++i) {
        const Function &function = *decoded_[i].function;
        for (const Reference &reference : function.references) {
          const bool isCall = reference.kind == ReferenceKind::call;
          if ((!isCall && reference.kind != ReferenceKind::branch) || !places_.mayBeUnknown(reference.target))
            continue;
          if (isCall && reference.target != reference.field + reference.size)
            mine.called.push_back(reference.target);
          else if (!isCall && !function.body.contains(reference.target))
            mine.jumped.push_back(reference.target);
        }
      }
    });
    std::vector<uint32_t> jumped, called;
    for (const Targets &some : found) {
      jumped.insert(jumped.end(), some.jumped.begin(), some.jumped.end());
      called.insert(called.end(), some.called.begin(), some.called.end());
    }
    decoded_.clear();
    addTargets(std::move(jumped), Target::jumped);
    addTargets(std::move(called), Target::called);
    return !new_.empty();
  }

  // Beside the ranges, both in ascending order: a search for each target would cost more than decoding.
  enum class Target : uint8_t { jumped, called, pointed };

  void addTargets(std::vector<uint32_t> targets, Target how) {
    tbb::parallel_sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    auto next = ranges_.begin();
    for (const uint32_t target : targets) {
      while (next != ranges_.end() && next->rva <= target)
        ++next;
      if (next == ranges_.begin() || !std::prev(next)->contains(target))
        addTarget(target, how == Target::pointed ? FunctionSource::pointer : FunctionSource::callTarget);
      else if (how == Target::called && std::prev(next)->rva != target)
        splitAt(target);
    }
  }

  void addTarget(uint32_t rva, FunctionSource source) {
    if (isCode(rva) && !isInsideKnown(rva))
      add(rva, source);
  }

  // Only a body whose size nobody gave.
  void splitAt(uint32_t rva) {
    Function *function = before(rva);
    if (function == nullptr || function->body.rva == rva || !function->body.contains(rva) || !function->isOpen)
      return;
    const uint32_t entry = function->body.rva;
    forgotten_.push_back(function->body);
    forgotten_.insert(forgotten_.end(), function->fragments.begin(), function->fragments.end());
    Function again;
    again.body.rva = entry;
    again.source = function->source;
    again.name = std::move(function->name);
    again.linkageName = std::move(function->linkageName);
    again.object = std::move(function->object);
    again.names = std::move(function->names);
    again.isOpen = true;
    *function = std::move(again);
    undecoded_.push_back({entry, function});
    add(rva, FunctionSource::callTarget);
  }

  bool isInsideRange(uint32_t rva) const {
    const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), rva,
                                       [](uint32_t address, const CodeRange &range) { return address < range.rva; });
    return next != ranges_.begin() && std::prev(next)->contains(rva);
  }

  // `lea reg, [function]`, of what was decoded since it was last asked.
  bool addPointersInCode() {
    const size_t begin = std::exchange(pointersAddedOf_, result_.references.size());
    addTargets(collect(begin, result_.references.size(),
                       [&](size_t block, std::vector<uint32_t> &targets) {
                         for (const Reference &reference : result_.references[block])
                           if ((reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute) &&
                               reference.accessWidth == 0 && // what is read or written there is no code
                               places_.mayBeUnknown(reference.target))
                             targets.push_back(reference.target);
                       }),
               Target::pointed);
    return !new_.empty();
  }

  // Virtual functions, callbacks; but also, on x86, the cases of a switch, which lie inside a function as soon as that
  // is known. So first what begins where linkers put functions. Once.
  bool addAlignedPointersInData() {
    if (std::exchange(alignedPointersAdded_, true))
      return false;
    std::vector<uint32_t> targets = pointersInData();
    std::erase_if(targets, [this](uint32_t rva) { return !isAlignedBehindFiller(rva); });
    for (const uint32_t target : targets)
      add(target, FunctionSource::pointer);
    return !new_.empty();
  }

  // The rest, one after the other: a pointer into the one before is none to a function. Once.
  bool addOtherPointersInData() {
    if (std::exchange(otherPointersAdded_, true))
      return false;
    std::vector<Reference> ignored;
    const std::vector<uint32_t> targets = pointersInData();
    uint32_t end = 0;
    for (const uint32_t target : targets) {
      if (target < end)
        continue;
      Function &function = add(target, FunctionSource::pointer);
      ignored.clear();
      end =
          ReferenceScanner(image_, decoders_.local(), function, ignored).scanOpen(target, limitOf(target), targets).end;
    }
    return !new_.empty();
  }

  // Outside of what is known, ascending.
  std::vector<uint32_t> pointersInData() {
    const auto relocations = image_.relocations();
    std::vector<uint32_t> targets = collect(0, relocations.size(), [&](size_t i, std::vector<uint32_t> &found) {
      const auto target = image_.pointerAt(relocations[i].rva);
      if (target && places_.mayBeUnknown(*target) && !isInsideRange(relocations[i].rva) && isCode(*target) &&
          !isInsideKnown(*target))
        found.push_back(*target);
    });
    sortUnique(targets);
    return targets;
  }

  bool isAlignedBehindFiller(uint32_t rva) const {
    constexpr uint32_t alignment = 16;
    constexpr uint8_t breakpoint = 0xCC; // nops stand in front of a loop, too
    const Section *section = image_.sectionAt(rva);
    return rva % alignment == 0 &&
           (rva == section->rva || image_.bytesFrom(rva - 1).front() == breakpoint || isInsideRange(rva - 1));
  }

  // What `of` adds to a list for each of first..last, side by side and in no order.
  template <class Of> static std::vector<uint32_t> collect(size_t first, size_t last, Of of) {
    tbb::enumerable_thread_specific<std::vector<uint32_t>> found;
    tbb::parallel_for(tbb::blocked_range<size_t>(first, last), [&](const auto &range) {
      std::vector<uint32_t> &mine = found.local();
      for (size_t i = range.begin(); i != range.end(); ++i)
        of(i, mine);
    });
    std::vector<uint32_t> all;
    for (const auto &some : found)
      all.insert(all.end(), some.begin(), some.end());
    return all;
  }

  // Code that nothing refers to, and code behind a wrongly seen end. A gap that is as it was says nothing new.
  bool addGaps() {
    std::vector<CodeRange> gaps;
    for (const Section &section : image_.sections())
      if (section.isExecutable())
        collectGaps(section, gaps);
    std::vector<CodeRange> changed;
    std::ranges::set_difference(gaps, gaps_, std::back_inserter(changed), byPlace);
    gaps_ = std::move(gaps);
    std::vector<uint32_t> found = collect(0, changed.size(), [&](size_t i, std::vector<uint32_t> &entries) {
      findInGap(decoders_.local(), changed[i], entries);
    });
    for (const uint32_t entry : found)
      add(entry, FunctionSource::gap);
    return !new_.empty();
  }

  void collectGaps(const Section &section, std::vector<CodeRange> &gaps) const {
    const auto bytes = image_.bytesFrom(section.rva);
    uint32_t at = section.rva;
    auto range = std::lower_bound(ranges_.begin(), ranges_.end(), section.rva,
                                  [](const CodeRange &r, uint32_t rva) { return r.rva < rva; });
    const auto sectionEnd = static_cast<uint32_t>(section.rva + bytes.size());
    for (; range != ranges_.end() && range->rva < sectionEnd; ++range) {
      if (at < range->rva)
        gaps.push_back({at, range->rva - at});
      at = std::max(at, range->end());
    }
    if (at < sectionEnd)
      gaps.push_back({at, sectionEnd - at});
  }

  // Bytes that do not decode up to where control ends are data: the next aligned address is tried.
  void findInGap(Decoder &decoder, const CodeRange &gap, std::vector<uint32_t> &entries) const {
    constexpr uint32_t alignment = 16;
    uint32_t at = gap.rva;
    const uint32_t end = gap.end();
    std::vector<Reference> ignored;
    while (at < end) {
      at += static_cast<uint32_t>(fillerLength(image_.bytesFrom(at).first(end - at)));
      if (at >= end)
        break;
      Function function;
      function.body.rva = at;
      ignored.clear();
      const ReferenceScan scan = ReferenceScanner(image_, decoder, function, ignored).scanOpen(at, end);
      const bool isData =
          scan.undecodableAt || !scan.hasEnd || structureAt(structures_, at) != nullptr || isDataSymbol(at);
      if (!isData)
        entries.push_back(at);
      at = isData ? (at / alignment + 1) * alignment : scan.end;
    }
  }

  // Breakpoints, zeros, and the nops that assemblers pad with, whatever their length.
  static size_t fillerLength(std::span<const uint8_t> bytes) {
    size_t at = 0;
    while (at < bytes.size()) {
      size_t nop = at;
      while (nop < bytes.size() && (bytes[nop] == 0x66 || bytes[nop] == 0x2E))
        ++nop;
      if (nop + 2 < bytes.size() && bytes[nop] == 0x0F && bytes[nop + 1] == 0x1F) {
        const uint8_t modrm = bytes[nop + 2];
        const size_t displacement = (modrm >> 6) == 1 ? 1 : (modrm >> 6) == 2 ? 4 : 0;
        at = std::min(bytes.size(), nop + 3 + ((modrm & 7) == 4 ? 1 : 0) + displacement);
      } else if (nop < bytes.size() && (isFiller(bytes[nop]) || bytes[nop] == 0)) {
        at = nop + 1;
      } else {
        break;
      }
    }
    return at;
  }

  bool isDataSymbol(uint32_t rva) const {
    const auto found = std::ranges::lower_bound(symbols_.data, rva, {}, &DataSymbol::rva);
    return found != symbols_.data.end() && found->rva == rva;
  }

  const Image &image_;
  const Symbols &symbols_;
  const std::vector<Structure> &structures_;
  const EarlierBuild *earlier_ = nullptr;
  DiscoveredFunctions result_;
  CodePlaces places_;
  tbb::enumerable_thread_specific<Decoder> decoders_;
  llvm::SpecificBumpPtrAllocator<Function> functions_;
  std::vector<Entry> entries_;       // of all functions, by RVA
  std::vector<Entry> new_;           // not among them yet
  std::vector<Entry> undecoded_;     // of them
  std::vector<Entry> decoded_;       // those decoded last
  std::vector<CodeRange> ranges_;    // by place
  std::vector<CodeRange> forgotten_; // of them, but no longer right
  std::vector<CodeRange> gaps_;      // looked at last, by place
  size_t pointersAddedOf_ = 0;       // blocks of references whose code pointers are added
  bool alignedPointersAdded_ = false;
  bool otherPointersAdded_ = false;
};

Result<FunctionDiscovery> FunctionDiscovery::begin(const Image &image, const Symbols &symbols,
                                                   const std::vector<Structure> &structures) {
  HOTGATE_TRY([[maybe_unused]] auto probe, Decoder::create(image.machine()));
  auto search = std::make_unique<Search>(image, symbols, structures);
  search->begin();
  return FunctionDiscovery(std::move(search));
}

FunctionDiscovery::FunctionDiscovery(std::unique_ptr<Search> search) : search_(std::move(search)) {}
FunctionDiscovery::FunctionDiscovery(FunctionDiscovery &&) noexcept = default;
FunctionDiscovery &FunctionDiscovery::operator=(FunctionDiscovery &&) noexcept = default;
FunctionDiscovery::~FunctionDiscovery() = default;

DiscoveredFunctions FunctionDiscovery::follow(const EarlierBuild *earlier, const Budget &budget) {
  return search_->follow(earlier, budget);
}

} // namespace hotgate::analyzer
