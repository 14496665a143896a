#include "analyzer/code/function_discovery.h"

#include "analyzer/code/reference_scan.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <llvm/Support/Endian.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>
#include <utility>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t longestFiller = 16; // how far `padding` is counted
constexpr size_t functionsPerBlock = 256;

bool isFiller(uint8_t byte) { return byte == 0xCC || byte == 0x90; }

bool byEntry(const Function &a, const Function &b) { return a.body.rva < b.body.rva; }

class Discovery {
public:
  Discovery(const Image &image, const Symbols &symbols, const std::vector<Structure> &structures,
            const EarlierBuild *earlier, const Budget &budget)
      : image_(image), symbols_(symbols), structures_(structures), earlier_(earlier), budget_(budget) {}

  Result<DiscoveredFunctions> run() {
    HOTGATE_TRY([[maybe_unused]] auto probe, Decoder::create(image_.machine()));
    addSymbols();
    addExceptionRanges();
    addExports();
    addGuardTable();
    mergeNew();
    decodeNew();
    // What is found by what it calls can call again. Each round finds a function or is the last.
    while (addCallTargets() || addPointersInCode() || addAlignedPointersInData() || addOtherPointersInData() ||
           addGaps()) {
      if (budget_.isSpent()) {
        result_.isComplete = false;
        break;
      }
      mergeNew();
      decodeNew();
    }
    return std::move(result_);
  }

private:
  Function &add(uint32_t rva, FunctionSource source) {
    Function &function = new_.emplace_back();
    function.body.rva = rva;
    function.source = source;
    return function;
  }

  bool isCode(uint32_t rva) const {
    const Section *section = image_.sectionAt(rva);
    return section != nullptr && section->isExecutable() && !image_.bytesFrom(rva).empty() &&
           structureAt(structures_, rva) == nullptr;
  }

  void addSymbols() {
    new_.reserve(std::max(symbols_.functions.size(), image_.functionRanges().size()));
    for (const FunctionSymbol &symbol : symbols_.functions) {
      if (!isCode(symbol.rva))
        continue;
      const bool isFolded = !new_.empty() && new_.back().body.rva == symbol.rva;
      Function &function = isFolded
                               ? new_.back()
                               : add(symbol.rva, symbol.size != 0 ? FunctionSource::pdb : FunctionSource::publicSymbol);
      addName(function, symbol);
      function.body.size = std::max(function.body.size, symbol.size);
      function.inlinees.insert(function.inlinees.end(), symbol.inlinees.begin(), symbol.inlinees.end());
      if (function.object.empty())
        function.object = symbol.object;
    }
    for (Function &function : new_)
      sortUnique(function.inlinees);
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

  Function *known(uint32_t rva) {
    auto &functions = result_.functions;
    const auto found = std::lower_bound(functions.begin(), functions.end(), rva,
                                        [](const Function &f, uint32_t address) { return f.body.rva < address; });
    return found != functions.end() && found->body.rva == rva ? &*found : nullptr;
  }

  // The last function that begins at or before this RVA.
  Function *before(uint32_t rva) {
    auto &functions = result_.functions;
    const auto next = std::upper_bound(functions.begin(), functions.end(), rva,
                                       [](uint32_t address, const Function &f) { return address < f.body.rva; });
    return next == functions.begin() ? nullptr : &*std::prev(next);
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
      } else if (!new_.empty() && new_.back().body.rva == range.begin) {
        completeBody(new_.back(), range);
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
      if (new_.empty() || new_.back().body.rva != range.primaryBegin)
        add(range.primaryBegin, FunctionSource::exceptionDirectory);
      primary = &new_.back();
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
    auto &functions = result_.functions;
    std::stable_sort(new_.begin(), new_.end(), byEntry);
    const auto middle = static_cast<std::ptrdiff_t>(functions.size());
    functions.insert(functions.end(), std::move_iterator(new_.begin()), std::move_iterator(new_.end()));
    std::inplace_merge(functions.begin(), functions.begin() + middle, functions.end(), byEntry);
    functions.erase(std::unique(functions.begin(), functions.end(),
                                [](const Function &a, const Function &b) { return a.body.rva == b.body.rva; }),
                    functions.end());
    new_.clear();
  }

  // --- decoding

  void decodeNew() {
    std::vector<size_t> work;
    for (size_t i = 0; i < result_.functions.size(); ++i)
      if (!result_.functions[i].firstInstructionSize && !result_.functions[i].undecodableAt)
        work.push_back(i);
    collectRanges();
    decoded_ = work;
    const size_t blocks = (work.size() + functionsPerBlock - 1) / functionsPerBlock;
    const size_t firstBlock = result_.references.size();
    result_.references.resize(firstBlock + blocks);
    const Machine machine = image_.machine();
    tbb::enumerable_thread_specific<Decoder> decoders([machine] { return *Decoder::create(machine); });
    tbb::parallel_for(size_t{0}, blocks, [&](size_t block) {
      const size_t begin = block * functionsPerBlock;
      const size_t end = std::min(begin + functionsPerBlock, work.size());
      decodeBlock(decoders.local(), std::span(work).subspan(begin, end - begin),
                  result_.references[firstBlock + block]);
    });
    collectRanges();
  }

  void decodeBlock(Decoder &decoder, std::span<const size_t> work, std::vector<Reference> &found) {
    std::optional<EarlierBuild::Lookup> earlier;
    if (earlier_ != nullptr)
      earlier.emplace(*earlier_, image_);
    std::vector<size_t> begins;
    for (const size_t index : work) {
      Function &function = result_.functions[index];
      begins.push_back(found.size());
      clipRanges(function);
      const bool isOpen = function.body.size == 0;
      if (isOpen || !earlier || !earlier->transfer(function, found))
        decodeFunction(decoder, function, index, found);
      std::sort(found.begin() + static_cast<std::ptrdiff_t>(begins.back()), found.end(),
                [](const auto &a, const auto &b) { return a.field < b.field; });
    }
    begins.push_back(found.size());
    found.shrink_to_fit();
    for (size_t i = 0; i < work.size(); ++i)
      complete(result_.functions[work[i]], std::span(found).subspan(begins[i], begins[i + 1] - begins[i]));
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

  void decodeFunction(Decoder &decoder, Function &function, size_t index, std::vector<Reference> &found) const {
    const size_t begin = found.size();
    function.isOpen = function.body.size == 0;
    uint32_t limit = 0;
    if (function.isOpen) {
      limit = limitOf(function.body.rva);
      if (index + 1 < result_.functions.size())
        limit = std::min(limit, result_.functions[index + 1].body.rva);
    }
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
    for (const Reference &reference : references)
      if (reference.kind == ReferenceKind::branch &&
          (reference.target == function.body.rva || reference.target == function.body.rva + 1))
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
    for (const Function &function : result_.functions) {
      if (function.body.size != 0)
        ranges_.push_back(function.body);
      ranges_.insert(ranges_.end(), function.fragments.begin(), function.fragments.end());
    }
    tbb::parallel_sort(ranges_.begin(), ranges_.end(), [](const auto &a, const auto &b) { return a.rva < b.rva; });
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
        const Function &function = result_.functions[decoded_[i]];
        for (const Reference &reference : function.references)
          if (reference.kind == ReferenceKind::branch && !function.body.contains(reference.target))
            mine.jumped.push_back(reference.target);
          else if (reference.kind == ReferenceKind::call && reference.target != reference.field + reference.size)
            mine.called.push_back(reference.target);
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
    Function again;
    again.body.rva = entry;
    again.source = function->source;
    again.name = std::move(function->name);
    again.linkageName = std::move(function->linkageName);
    again.object = std::move(function->object);
    again.names = std::move(function->names);
    again.isOpen = true;
    *function = std::move(again);
    add(rva, FunctionSource::callTarget);
  }

  bool isInsideRange(uint32_t rva) const {
    const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), rva,
                                       [](uint32_t address, const CodeRange &range) { return address < range.rva; });
    return next != ranges_.begin() && std::prev(next)->contains(rva);
  }

  // `lea reg, [function]`, of what was decoded since it was last asked.
  bool addPointersInCode() {
    std::vector<uint32_t> targets;
    for (; pointersAddedOf_ < result_.references.size(); ++pointersAddedOf_)
      for (const Reference &reference : result_.references[pointersAddedOf_])
        if ((reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute) &&
            reference.accessWidth == 0) // what is read or written there is no code
          targets.push_back(reference.target);
    addTargets(std::move(targets), Target::pointed);
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
    Decoder decoder = *Decoder::create(image_.machine());
    std::vector<Reference> ignored;
    const std::vector<uint32_t> targets = pointersInData();
    uint32_t end = 0;
    for (const uint32_t target : targets) {
      if (target < end)
        continue;
      Function &function = add(target, FunctionSource::pointer);
      ignored.clear();
      end = ReferenceScanner(image_, decoder, function, ignored).scanOpen(target, limitOf(target), targets).end;
    }
    return !new_.empty();
  }

  // Outside of what is known, ascending.
  std::vector<uint32_t> pointersInData() {
    std::vector<uint32_t> targets;
    for (const BaseRelocation &relocation : image_.relocations())
      if (!isInsideRange(relocation.rva))
        if (const auto target = image_.pointerAt(relocation.rva); target && isCode(*target) && !isInsideKnown(*target))
          targets.push_back(*target);
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

  // Code that nothing refers to, and code behind a wrongly seen end.
  bool addGaps() {
    Decoder decoder = *Decoder::create(image_.machine());
    for (const Section &section : image_.sections())
      if (section.isExecutable())
        addGapsOf(section, decoder);
    return !new_.empty();
  }

  void addGapsOf(const Section &section, Decoder &decoder) {
    const auto bytes = image_.bytesFrom(section.rva);
    uint32_t at = section.rva;
    auto range = std::lower_bound(ranges_.begin(), ranges_.end(), section.rva,
                                  [](const CodeRange &r, uint32_t rva) { return r.rva < rva; });
    const auto sectionEnd = static_cast<uint32_t>(section.rva + bytes.size());
    for (; range != ranges_.end() && range->rva < sectionEnd; ++range) {
      if (at < range->rva)
        addGap(decoder, at, range->rva);
      at = std::max(at, range->end());
    }
    if (at < sectionEnd)
      addGap(decoder, at, sectionEnd);
  }

  // Bytes that do not decode up to where control ends are data: the next aligned address is tried.
  void addGap(Decoder &decoder, uint32_t at, uint32_t end) {
    constexpr uint32_t alignment = 16;
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
        add(at, FunctionSource::gap);
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
  const EarlierBuild *earlier_;
  const Budget &budget_;
  DiscoveredFunctions result_;
  std::vector<Function> new_;
  std::vector<CodeRange> ranges_;
  std::vector<size_t> decoded_; // indexes of the functions decoded last, until functions are merged
  size_t pointersAddedOf_ = 0;  // blocks of references whose code pointers are added
  bool alignedPointersAdded_ = false;
  bool otherPointersAdded_ = false;
};

} // namespace

Result<DiscoveredFunctions> discoverFunctions(const Image &image, const Symbols &symbols,
                                              const std::vector<Structure> &structures, const EarlierBuild *earlier,
                                              const Budget &budget) {
  return Discovery(image, symbols, structures, earlier, budget).run();
}

} // namespace hotgate::analyzer
