#include "analyzer/code/program.h"

#include "analyzer/code/decoder.h"

#include <algorithm>
#include <limits>
#include <llvm/Support/Endian.h>
#include <map>
#include <set>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

std::string_view functionSourceName(FunctionSource source) {
  switch (source) {
  case FunctionSource::pdb:
    return "pdb";
  case FunctionSource::publicSymbol:
    return "public";
  case FunctionSource::exported:
    return "export";
  case FunctionSource::exceptionDirectory:
    return "pdata";
  case FunctionSource::callTarget:
    return "call";
  }
  return "";
}

bool Function::contains(uint32_t address) const {
  return body.contains(address) || std::any_of(fragments.begin(), fragments.end(),
                                               [&](const CodeRange &range) { return range.contains(address); });
}

uint32_t Function::totalSize() const {
  uint32_t total = body.size;
  for (const CodeRange &fragment : fragments)
    total += fragment.size;
  return total;
}

namespace {

constexpr uint32_t longestFiller = 16; // how far `padding` is counted

bool isFiller(uint8_t byte) { return byte == 0xCC || byte == 0x90; }

} // namespace

class ProgramBuilder {
public:
  ProgramBuilder(Image image, Symbols symbols) : program_(std::move(image), std::move(symbols)) {}

  Result<Program> build() {
    addPdbFunctions();
    addExceptionRanges();
    addExports();
    // A call can lead to code that nothing names (a leaf function without symbols); that code can call again.
    constexpr int mostRounds = 32;
    for (int round = 0; round < mostRounds; ++round) {
      finishBodies();
      HOTGATE_CHECK(decodeNewFunctions());
      if (!addCallTargets())
        break;
    }
    findRoots();
    indexData();
    return std::move(program_);
  }

private:
  Function &functionAt(uint32_t rva, FunctionSource source) {
    auto [entry, isNew] = functions_.try_emplace(rva);
    if (isNew) {
      entry->second.body.rva = rva;
      entry->second.source = source;
    }
    return entry->second;
  }

  static void addName(Function &function, const std::string &name, const std::string &linkageName) {
    function.names.push_back(name);
    if (function.name.empty()) {
      function.name = name;
      function.linkageName = linkageName.empty() ? name : linkageName;
    }
  }

  bool isCode(uint32_t rva) const {
    const Section *section = program_.image_.sectionAt(rva);
    return section != nullptr && section->isExecutable() && !program_.image_.bytesFrom(rva).empty();
  }

  void addPdbFunctions() {
    for (const FunctionSymbol &symbol : program_.symbols_.functions) {
      if (!isCode(symbol.rva))
        continue;
      Function &function =
          functionAt(symbol.rva, symbol.size != 0 ? FunctionSource::pdb : FunctionSource::publicSymbol);
      addName(function, symbol.name, symbol.linkageName);
      function.body.size = std::max(function.body.size, symbol.size);
      function.inlinees.insert(function.inlinees.end(), symbol.inlinees.begin(), symbol.inlinees.end());
      if (function.object.empty())
        function.object = symbol.object;
    }
  }

  void addExceptionRanges() {
    for (const FunctionRange &range : program_.image_.functionRanges()) {
      if (range.end <= range.begin || !isCode(range.begin))
        continue;
      if (range.primaryBegin != range.begin && isCode(range.primaryBegin)) {
        Function &primary = functionAt(range.primaryBegin, FunctionSource::exceptionDirectory);
        if (!primary.body.contains(range.begin))
          primary.fragments.push_back({range.begin, range.end - range.begin});
        continue;
      }
      // A PDB procedure can hold several primary ranges; only one that begins a body is a function.
      if (const auto inside = functions_.upper_bound(range.begin);
          inside != functions_.begin() && std::prev(inside)->second.body.contains(range.begin) &&
          std::prev(inside)->first != range.begin)
        continue;
      Function &function = functionAt(range.begin, FunctionSource::exceptionDirectory);
      function.body.size = std::max(function.body.size, range.end - range.begin);
      function.handlerRva = range.handlerRva;
    }
  }

  void addExports() {
    for (const Export &symbol : program_.image_.exports())
      if (symbol.rva != 0 && isCode(symbol.rva) && !symbol.name.empty()) {
        Function &function = functionAt(symbol.rva, FunctionSource::exported);
        if (function.names.empty()) {
          addName(function, symbol.name, symbol.name);
          function.source = FunctionSource::exported;
        }
      }
    if (const uint32_t entry = program_.image_.entryPoint(); entry != 0 && isCode(entry))
      functionAt(entry, FunctionSource::exported);
  }

  // A body without a size ends where the next one begins, less the filler between them.
  void boundSize(Function &function, uint32_t next) const {
    const auto bytes = program_.image_.bytesFrom(function.body.rva);
    const Section *section = program_.image_.sectionAt(function.body.rva);
    uint64_t size = std::min<uint64_t>(bytes.size(), section->rva + section->extent() - function.body.rva);
    if (function.body.size != 0) {
      function.body.size = static_cast<uint32_t>(std::min<uint64_t>(size, function.body.size));
      return;
    }
    if (next > function.body.rva)
      size = std::min<uint64_t>(size, next - function.body.rva);
    while (size > 1 && (isFiller(bytes[size - 1]) || bytes[size - 1] == 0))
      --size;
    function.body.size = static_cast<uint32_t>(size);
  }

  void finishBodies() {
    for (auto entry = functions_.begin(); entry != functions_.end(); ++entry) {
      Function &function = entry->second;
      if (function.body.size == 0 || !finished_.contains(entry->first)) {
        const auto next = std::next(entry);
        boundSize(function, next == functions_.end() ? 0 : next->first);
        finished_.insert(entry->first);
        pending_.push_back(entry->first);
      }
      std::sort(function.fragments.begin(), function.fragments.end(),
                [](const auto &a, const auto &b) { return a.rva < b.rva; });
    }
  }

  Result<> decodeNewFunctions() {
    HOTGATE_TRY([[maybe_unused]] auto probe, Decoder::create(program_.image_.machine()));
    std::vector<Function *> work;
    work.reserve(pending_.size());
    for (const uint32_t rva : pending_)
      work.push_back(&functions_.at(rva));
    pending_.clear();
    const Machine machine = program_.image_.machine();
    tbb::enumerable_thread_specific<Decoder> decoders([machine] { return *Decoder::create(machine); });
    tbb::parallel_for(tbb::blocked_range<size_t>(0, work.size(), 64), [&](const tbb::blocked_range<size_t> &range) {
      Decoder &decoder = decoders.local();
      for (size_t i = range.begin(); i != range.end(); ++i)
        decodeFunction(decoder, *work[i]);
    });
    return {};
  }

  void decodeFunction(Decoder &decoder, Function &function) const {
    decodeRange(decoder, function, function.body);
    for (const CodeRange &fragment : function.fragments)
      decodeRange(decoder, function, fragment);
    std::sort(function.references.begin(), function.references.end(),
              [](const auto &a, const auto &b) { return a.field < b.field; });
    function.padding = fillerBefore(function.body.rva);
    for (const Reference &reference : function.references)
      if (reference.kind == ReferenceKind::branch &&
          (reference.target == function.body.rva || reference.target == function.body.rva + 1))
        ++function.branchesToEntry;
  }

  uint32_t fillerBefore(uint32_t rva) const {
    const Section *section = program_.image_.sectionAt(rva);
    uint32_t count = 0;
    while (section != nullptr && count < longestFiller && rva - count > section->rva) {
      const auto bytes = program_.image_.bytesFrom(rva - count - 1);
      if (bytes.empty() || !isFiller(bytes[0]))
        break;
      ++count;
    }
    return count;
  }

  void decodeRange(Decoder &decoder, Function &function, const CodeRange &range) const {
    auto bytes = program_.image_.bytesFrom(range.rva);
    bytes = bytes.first(std::min<size_t>(bytes.size(), range.size));
    Instruction instruction;
    for (uint32_t at = 0; at < bytes.size(); at += instruction.size) {
      if (!decoder.decode(bytes.subspan(at), range.rva + at, instruction)) {
        if (!function.undecodableAt)
          function.undecodableAt = range.rva + at;
        return;
      }
      if (range.rva + at == function.body.rva)
        function.firstInstructionSize = instruction.size;
      addReferences(function, instruction);
    }
  }

  void addReferences(Function &function, const Instruction &instruction) const {
    for (const EncodedField &field : instruction.encodedFields()) {
      Reference reference;
      reference.instruction = instruction.rva;
      reference.field = instruction.rva + field.offset;
      reference.size = field.size;
      reference.writes = instruction.mayStore;
      if (field.kind == EncodedField::Kind::number) {
        if (!program_.image_.isRelocated(reference.field))
          continue;
        const auto target = program_.image_.rvaOfAddress(static_cast<uint64_t>(field.value));
        if (!target)
          continue;
        reference.kind = ReferenceKind::absolute;
        reference.target = *target;
      } else {
        if (field.value < 0 || field.value > std::numeric_limits<uint32_t>::max())
          continue;
        reference.target = static_cast<uint32_t>(field.value);
        reference.kind = field.kind == EncodedField::Kind::ripRelative ? ReferenceKind::data
                         : instruction.flow == Flow::call              ? ReferenceKind::call
                                                                       : ReferenceKind::branch;
      }
      function.references.push_back(reference);
    }
  }

  bool isInsideKnownCode(uint32_t rva) const {
    const auto next = functions_.upper_bound(rva);
    if (next != functions_.begin() && std::prev(next)->second.body.contains(rva))
      return true;
    const auto nextFragment = fragmentEnds_.upper_bound(rva);
    return nextFragment != fragmentEnds_.begin() && rva < std::prev(nextFragment)->second;
  }

  // True when a new function was found.
  bool addCallTargets() {
    fragmentEnds_.clear();
    std::set<uint32_t> targets;
    for (const auto &[rva, function] : functions_) {
      for (const CodeRange &fragment : function.fragments)
        fragmentEnds_.emplace(fragment.rva, fragment.end());
      for (const Reference &reference : function.references)
        if (reference.kind == ReferenceKind::call || reference.kind == ReferenceKind::branch)
          targets.insert(reference.target);
    }
    bool found = false;
    for (const uint32_t target : targets)
      if (isCode(target) && !isInsideKnownCode(target)) {
        functionAt(target, FunctionSource::callTarget);
        found = true;
      }
    return found;
  }

  // Moves the functions into their final place: indexes are stable from here on.
  void findRoots() {
    for (auto &[rva, function] : functions_) {
      if (function.names.empty())
        addName(function, fmt::format("sub_{:x}", rva), {});
      std::sort(function.names.begin(), function.names.end());
      function.names.erase(std::unique(function.names.begin(), function.names.end()), function.names.end());
      std::sort(function.inlinees.begin(), function.inlinees.end());
      function.inlinees.erase(std::unique(function.inlinees.begin(), function.inlinees.end()), function.inlinees.end());
      program_.functions_.push_back(std::move(function));
    }
    for (FunctionIndex index = 0; index < program_.functions_.size(); ++index) {
      const Function &function = program_.functions_[index];
      program_.ranges_.push_back({function.body, index});
      for (const CodeRange &fragment : function.fragments)
        program_.ranges_.push_back({fragment, index});
    }
    std::sort(program_.ranges_.begin(), program_.ranges_.end(),
              [](const auto &a, const auto &b) { return a.range.rva < b.range.rva; });
    markRoot(program_.image_.entryPoint());
    for (const Export &symbol : program_.image_.exports())
      markRoot(symbol.rva);
    for (const Function &function : program_.functions_)
      for (const Reference &reference : function.references)
        if (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute)
          markRoot(reference.target);
    for (const BaseRelocation &relocation : program_.image_.relocations())
      if (const auto target = program_.pointerAt(relocation.rva))
        markRoot(*target);
  }

  void markRoot(uint32_t rva) {
    if (const auto index = program_.functionAtEntry(rva))
      program_.functions_[*index].isRoot = true;
  }

  bool isData(uint32_t rva) const {
    const Section *section = program_.image_.sectionAt(rva);
    return section != nullptr && !section->isExecutable() && structureAt(program_.structures_, rva) == nullptr;
  }

  void indexData() {
    std::vector<Datum> named;
    for (const DataSymbol &symbol : program_.symbols_.data)
      if (isData(symbol.rva) && (named.empty() || named.back().rva != symbol.rva))
        named.push_back({symbol.rva, symbol.size, symbol.name, symbol.typeName, symbol.object, symbol.size != 0});
    std::set<uint32_t> places;
    for (const Function &function : program_.functions_)
      for (const Reference &reference : function.references)
        if (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute)
          places.insert(reference.target);
    for (const BaseRelocation &relocation : program_.image_.relocations())
      if (const auto target = program_.pointerAt(relocation.rva))
        places.insert(*target);
    std::vector<Datum> all = named;
    for (const uint32_t place : places) {
      auto next = std::upper_bound(named.begin(), named.end(), place,
                                   [](uint32_t rva, const Datum &datum) { return rva < datum.rva; });
      const bool insideNamed =
          next != named.begin() && (std::prev(next)->rva == place ||
                                    (std::prev(next)->sized && place - std::prev(next)->rva < std::prev(next)->size));
      if (!insideNamed && isData(place))
        all.push_back({place, 0, {}, {}, {}, false});
    }
    std::sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.rva < b.rva; });
    for (size_t i = 0; i < all.size(); ++i)
      boundDatum(all[i], i + 1 < all.size() ? all[i + 1].rva : std::numeric_limits<uint32_t>::max());
    program_.data_ = std::move(all);
  }

  void boundDatum(Datum &datum, uint32_t next) const {
    const Section *section = program_.image_.sectionAt(datum.rva);
    uint64_t end = std::min<uint64_t>(next, uint64_t{section->rva} + section->extent());
    const auto structure = std::upper_bound(program_.structures_.begin(), program_.structures_.end(), datum.rva,
                                            [](uint32_t rva, const Structure &s) { return rva < s.rva; });
    if (structure != program_.structures_.end())
      end = std::min<uint64_t>(end, structure->rva);
    const uint64_t room = end - datum.rva;
    datum.size = static_cast<uint32_t>(datum.sized ? std::min<uint64_t>(datum.size, room) : room);
  }

  Program program_;
  std::map<uint32_t, Function> functions_;
  std::set<uint32_t> finished_;
  std::map<uint32_t, uint32_t> fragmentEnds_; // by begin
  std::vector<uint32_t> pending_;
};

Result<Program> Program::build(Image image, Symbols symbols) {
  return ProgramBuilder(std::move(image), std::move(symbols)).build();
}

std::optional<FunctionIndex> Program::functionAtEntry(uint32_t rva) const {
  const auto found = std::lower_bound(functions_.begin(), functions_.end(), rva,
                                      [](const Function &f, uint32_t address) { return f.body.rva < address; });
  if (found == functions_.end() || found->body.rva != rva)
    return std::nullopt;
  return static_cast<FunctionIndex>(found - functions_.begin());
}

std::optional<FunctionIndex> Program::functionContaining(uint32_t rva) const {
  const auto next =
      std::upper_bound(ranges_.begin(), ranges_.end(), rva,
                       [](uint32_t address, const RangeOwner &owner) { return address < owner.range.rva; });
  if (next == ranges_.begin() || !std::prev(next)->range.contains(rva))
    return std::nullopt;
  return std::prev(next)->function;
}

std::optional<DatumIndex> Program::datumContaining(uint32_t rva) const {
  const auto next = std::upper_bound(data_.begin(), data_.end(), rva,
                                     [](uint32_t address, const Datum &datum) { return address < datum.rva; });
  if (next == data_.begin() || rva - std::prev(next)->rva >= std::max(std::prev(next)->size, 1U))
    return std::nullopt;
  return static_cast<DatumIndex>(std::prev(next) - data_.begin());
}

std::optional<uint32_t> Program::pointerAt(uint32_t rva) const {
  const uint32_t size = image_.is64() ? 8 : 4;
  const auto bytes = image_.bytesFrom(rva);
  if (bytes.size() < size)
    return std::nullopt;
  return image_.rvaOfAddress(size == 8 ? llvm::support::endian::read64le(bytes.data())
                                       : llvm::support::endian::read32le(bytes.data()));
}

std::span<const BaseRelocation> Program::relocationsIn(const CodeRange &range) const {
  const auto all = image_.relocations();
  const auto byRva = [](const BaseRelocation &relocation, uint64_t rva) { return relocation.rva < rva; };
  const auto first = std::lower_bound(all.begin(), all.end(), uint64_t{range.rva}, byRva);
  const auto last = std::lower_bound(first, all.end(), uint64_t{range.rva} + range.size, byRva);
  return {first, last};
}

std::string Program::describe(uint32_t rva) const {
  const auto withOffset = [](const std::string &name, uint32_t offset) {
    return offset == 0 ? name : fmt::format("{}+0x{:x}", name, offset);
  };
  if (const Import *import = image_.importAtSlot(rva))
    return fmt::format("{}!{}", import->dll, import->name);
  if (const auto function = functionContaining(rva)) {
    const Function &f = functions_[*function];
    return f.body.contains(rva) ? withOffset(f.name, rva - f.body.rva) : fmt::format("{}.cold+0x{:x}", f.name, rva);
  }
  if (const auto datum = datumContaining(rva); datum && !data_[*datum].name.empty())
    return withOffset(data_[*datum].name, rva - data_[*datum].rva);
  if (const Section *section = image_.sectionAt(rva))
    return withOffset(section->name, rva - section->rva);
  return fmt::format("0x{:x}", rva);
}

} // namespace hotgate::analyzer
