#include "analyzer/code/program.h"

#include "analyzer/code/data_index.h"
#include "analyzer/code/earlier_build.h"
#include "analyzer/code/function_discovery.h"
#include "support/phase.h"

#include <algorithm>
#include <atomic>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>

namespace hotgate::analyzer {

namespace {

constexpr size_t functionsPerTask = 512;
constexpr size_t relocationsPerTask = 4096;

} // namespace

// A program in the making. It stays where it is: the steps refer to its parts.
class Program::Building {
public:
  Building(Image image, Symbols symbols) : program_(std::move(image), std::move(symbols)) {}

  // Without other images.
  Result<> begin() {
    HOTGATE_TRY(discovery_, FunctionDiscovery::begin(program_.image_, program_.symbols_, program_.structures_));
    return {};
  }

  // Functions; of `earlier`, only what this step gives is read.
  void findFunctions(const Program *earlier, const Budget &budget) {
    std::optional<EarlierBuild> known;
    if (earlier != nullptr && earlier->image().machine() == program_.image_.machine())
      known.emplace(*earlier);
    DiscoveredFunctions discovered = discovery_->follow(known ? &*known : nullptr, budget);
    if (!discovered.isComplete)
      program_.incomplete_ = fmt::format("{}: the search for functions stopped at {}: {}", program_.image_.moduleName(),
                                         discovered.functions.size(), budget.reason());
    program_.functions_ = std::move(discovered.functions);
    program_.references_ = std::move(discovered.references);
    discovery_.reset();
  }

  void index() { program_.index(); }

  [[nodiscard]] const Program &program() const { return program_; }
  Program take() { return std::move(program_); }

private:
  Program program_;
  std::optional<FunctionDiscovery> discovery_;
};

Result<Program> Program::build(Image image, Symbols symbols, const Program *earlier, const Budget &budget) {
  Building building(std::move(image), std::move(symbols));
  HOTGATE_CHECK(building.begin());
  building.findFunctions(earlier, budget);
  building.index();
  return building.take();
}

Result<std::pair<Program, Program>> Program::buildPair(Image pre, Symbols preSymbols, Image post, Symbols postSymbols,
                                                       const Budget &budget) {
  std::optional<Building> preBuilding, postBuilding;
  Result<> preBegun, postBegun;
  log::Phase phase("tables of both images");
  tbb::parallel_invoke(
      [&] {
        preBuilding.emplace(std::move(pre), std::move(preSymbols));
        preBegun = preBuilding->begin();
      },
      [&] {
        postBuilding.emplace(std::move(post), std::move(postSymbols));
        postBegun = postBuilding->begin();
      });
  HOTGATE_CHECK(preBegun);
  HOTGATE_CHECK(postBegun);
  phase.next("functions of pre");
  preBuilding->findFunctions(nullptr, budget);
  phase.next("functions of post, data of both");
  tbb::parallel_invoke([&] { preBuilding->index(); },
                       [&] {
                         postBuilding->findFunctions(&preBuilding->program(), budget);
                         postBuilding->index();
                       });
  return std::pair(preBuilding->take(), postBuilding->take());
}

// Names and flags of functions, and what lies between them.
void Program::index() {
  DataIndex index = indexData(image_, symbols_, structures_, functions_);
  data_ = std::move(index.data);
  imageRelativeFields_ = std::move(index.imageRelativeFields);
  ownership_ = Ownership(image_.sizeOfImage(), functions_, data_, structures_);
  nameTheNameless();
  markRoots();
}

void Program::nameTheNameless() {
  tbb::parallel_for(tbb::blocked_range<size_t>(0, functions_.size(), functionsPerTask), [&](const auto &range) {
    for (size_t i = range.begin(); i != range.end(); ++i)
      if (Function &function = functions_[i]; function.name.empty())
        function.name = function.linkageName = fmt::format("sub_{:x}", function.body.rva);
  });
}

void Program::markRoots() {
  markRoot(image_.entryPoint());
  for (const Export &symbol : image_.exports())
    markRoot(symbol.rva);
  tbb::parallel_for(tbb::blocked_range<size_t>(0, functions_.size(), functionsPerTask), [&](const auto &range) {
    for (size_t i = range.begin(); i != range.end(); ++i)
      for (const Reference &reference : functions_[i].references)
        if (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute)
          markRoot(reference.target);
  });
  const auto relocations = image_.relocations();
  tbb::parallel_for(tbb::blocked_range<size_t>(0, relocations.size(), relocationsPerTask), [&](const auto &range) {
    for (size_t i = range.begin(); i != range.end(); ++i)
      if (const auto target = image_.pointerAt(relocations[i].rva))
        markRoot(*target);
  });
}

// Several threads may mark one function: each sets the same flag.
void Program::markRoot(uint32_t rva) {
  if (const auto index = functionAtEntry(rva))
    std::atomic_ref(functions_[*index].isRoot).store(true, std::memory_order_relaxed);
}

std::optional<FunctionIndex> Program::functionAtEntry(uint32_t rva) const {
  const Owner *owner = ownerAt(rva);
  if (owner == nullptr || owner->kind != Owner::Kind::function)
    return std::nullopt;
  if (functions_[owner->index].body.rva == rva)
    return owner->index;
  // An entry inside another function's range.
  const auto found = std::lower_bound(functions_.begin(), functions_.end(), rva,
                                      [](const Function &f, uint32_t address) { return f.body.rva < address; });
  if (found == functions_.end() || found->body.rva != rva)
    return std::nullopt;
  return static_cast<FunctionIndex>(found - functions_.begin());
}

std::optional<FunctionIndex> Program::functionContaining(uint32_t rva) const {
  const Owner *owner = ownerAt(rva);
  return owner != nullptr && owner->kind == Owner::Kind::function ? std::optional(owner->index) : std::nullopt;
}

std::optional<DatumIndex> Program::datumContaining(uint32_t rva) const {
  const Owner *owner = ownerAt(rva);
  return owner != nullptr && owner->kind == Owner::Kind::datum ? std::optional(owner->index) : std::nullopt;
}

std::span<const uint8_t> Program::bytesOf(const CodeRange &range) const {
  return image_.bytesFrom(range.rva, range.size);
}

std::span<const BaseRelocation> Program::relocationsIn(const CodeRange &range) const {
  const auto all = image_.relocations();
  const auto byRva = [](const BaseRelocation &relocation, uint64_t rva) { return relocation.rva < rva; };
  const auto first = std::lower_bound(all.begin(), all.end(), uint64_t{range.rva}, byRva);
  const auto last = std::lower_bound(first, all.end(), uint64_t{range.rva} + range.size, byRva);
  return {first, last};
}

std::span<const uint32_t> Program::imageRelativeFieldsIn(const CodeRange &range) const {
  const auto first = std::lower_bound(imageRelativeFields_.begin(), imageRelativeFields_.end(), range.rva);
  const auto last = std::lower_bound(first, imageRelativeFields_.end(), range.end());
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
