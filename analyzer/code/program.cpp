#include "analyzer/code/program.h"

#include "analyzer/code/data_index.h"
#include "analyzer/code/earlier_build.h"
#include "analyzer/code/function_discovery.h"
#include "support/phase.h"

#include <algorithm>
#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

Result<Program> Program::build(Image image, Symbols symbols, const Program *earlier, const Budget &budget) {
  log::Phase phase("exception data, structures");
  Program program(std::move(image), std::move(symbols));
  phase.next("functions");
  std::optional<EarlierBuild> known;
  if (earlier != nullptr && earlier->image().machine() == program.image_.machine())
    known.emplace(*earlier);
  HOTGATE_TRY(auto discovered, discoverFunctions(program.image_, program.symbols_, program.structures_,
                                                 known ? &*known : nullptr, budget));
  if (!discovered.isComplete)
    program.incomplete_ = fmt::format("{}: the search for functions stopped at {}: {}", program.image_.moduleName(),
                                      discovered.functions.size(), budget.reason());
  phase.next("data");
  program.functions_ = std::move(discovered.functions);
  program.references_ = std::move(discovered.references);
  DataIndex index = indexData(program.image_, program.symbols_, program.structures_, program.functions_);
  program.data_ = std::move(index.data);
  program.imageRelativeFields_ = std::move(index.imageRelativeFields);
  phase.next("owners");
  program.ownership_ = Ownership(program.image_.sizeOfImage(), program.functions_, program.data_, program.structures_);
  phase.next("names, roots");
  program.nameTheNameless();
  program.markRoots();
  return program;
}

void Program::nameTheNameless() {
  for (Function &function : functions_)
    if (function.name.empty())
      function.name = function.linkageName = fmt::format("sub_{:x}", function.body.rva);
}

void Program::markRoots() {
  markRoot(image_.entryPoint());
  for (const Export &symbol : image_.exports())
    markRoot(symbol.rva);
  // Marking is idempotent, and so needs no order; but two threads must not write the same flag.
  for (const Function &function : functions_)
    for (const Reference &reference : function.references)
      if (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute)
        markRoot(reference.target);
  for (const BaseRelocation &relocation : image_.relocations())
    if (const auto target = image_.pointerAt(relocation.rva))
      markRoot(*target);
}

void Program::markRoot(uint32_t rva) {
  if (const auto index = functionAtEntry(rva))
    functions_[*index].isRoot = true;
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
  const auto bytes = image_.bytesFrom(range.rva);
  return bytes.first(std::min<size_t>(bytes.size(), range.size));
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
