#include "analyzer/code/static_guards.h"

#include "analyzer/code/import_calls.h"

#include <algorithm>
#include <array>

namespace hotgate::analyzer {

namespace {

enum class Role : uint8_t { none, header, footer };

Role roleOfName(std::string_view name) {
  while (name.starts_with('_'))
    name.remove_prefix(1); // one more on x86
  if (name == "Init_thread_header" || name == "cxa_guard_acquire")
    return Role::header;
  return name == "Init_thread_footer" || name == "cxa_guard_release" ? Role::footer : Role::none;
}

// MSVC calls the bits of a function "Fix::$S1" in the PDB, of an inline one "?$S1@?1??Fix@@..." in public symbols.
bool isNamedAsBits(std::string_view name) {
  const size_t at = name.find("$S");
  return at != std::string_view::npos && at + 2 < name.size() && name[at + 2] >= '0' && name[at + 2] <= '9';
}

class GuardSearch {
public:
  GuardSearch(const Program &program, Decoder decoder)
      : program_(program), decoder_(std::move(decoder)), roles_(program.functions().size(), Role::none) {
    for (FunctionIndex i = 0; i < roles_.size(); ++i) {
      const Function &function = program.functions()[i];
      if (const Import *import = importOfThunk(program, function))
        roles_[i] = roleOfName(import->name);
      else if (hasOwnName(function.source))
        roles_[i] = roleOfName(function.name);
    }
  }

  std::vector<StaticGuard> run() {
    const bool hasHeader = std::ranges::find(roles_, Role::header) != roles_.end() ||
                           std::ranges::any_of(program_.image().imports(), [](const Import &import) {
                             return roleOfName(import.name) == Role::header;
                           });
    const bool hasNames = !program_.symbols().data.empty();
    for (FunctionIndex i = 0; i < program_.functions().size(); ++i) {
      if (hasHeader)
        addThreadSafe(i);
      if (hasNames)
        addBits(i);
    }
    std::ranges::stable_sort(found_, {}, [](const StaticGuard &g) { return std::pair(g.function, g.guardRva); });
    return std::move(found_);
  }

private:
  [[nodiscard]] Role roleOf(const Reference &reference) const {
    if (const Import *import = program_.image().importAtSlot(reference.target))
      return roleOfName(import->name);
    const auto callee = program_.functionAtEntry(reference.target);
    return callee ? roles_[*callee] : Role::none;
  }

  [[nodiscard]] bool isVariable(const Reference &reference) const {
    const Section *section = program_.image().sectionAt(reference.target);
    return (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute) && section != nullptr &&
           section->isWritable() && !section->isExecutable();
  }

  void addThreadSafe(FunctionIndex index) {
    const auto references = program_.functions()[index].references;
    uint32_t variable = 0; // last one that was named in front of the call
    for (size_t i = 0; i < references.size(); ++i) {
      const bool isHeader = roleOf(references[i]) == Role::header;
      if (!isHeader && isVariable(references[i]))
        variable = references[i].target;
      if (!isHeader || variable == 0)
        continue;
      StaticGuard guard{index, GuardStyle::threadSafe, variable, {}};
      readInitialiser(references.subspan(i + 1), references[i].instruction, guard);
      found_.push_back(std::move(guard));
    }
  }

  // `behind`: the references behind the header's call.
  void readInitialiser(std::span<const Reference> behind, uint32_t begin, StaticGuard &guard) const {
    const auto footer =
        std::ranges::find_if(behind, [this](const Reference &reference) { return roleOf(reference) == Role::footer; });
    if (footer == behind.end())
      return;
    guard.initialiser = {begin, footer->instruction - begin};
    for (const Reference &reference : std::span(behind.begin(), footer)) {
      if (reference.kind == ReferenceKind::call) {
        if (const auto callee = program_.functionAtEntry(reference.target))
          guard.called.push_back(*callee);
      } else if (const auto datum = program_.datumContaining(reference.target);
                 datum && isVariable(reference) && reference.target != guard.guardRva &&
                 (reference.writes || reference.accessWidth == 0)) {
        guard.guarded.push_back(*datum);
      }
    }
    makeUnique(guard.guarded);
    makeUnique(guard.called);
  }

  template <class Index> static void makeUnique(std::vector<Index> &list) {
    std::ranges::sort(list);
    const auto doubles = std::ranges::unique(list);
    list.erase(doubles.begin(), doubles.end());
  }

  void addBits(FunctionIndex index) {
    const bool isUnnamedKnown = program_.symbols().level == SymbolLevel::privateLevel;
    std::vector<uint32_t> seen;
    for (const Reference &reference : program_.functions()[index].references) {
      if (!isVariable(reference) || std::ranges::find(seen, reference.target) != seen.end())
        continue;
      const auto datum = program_.datumContaining(reference.target);
      if (!datum || program_.data()[*datum].rva != reference.target)
        continue;
      const std::string &name = program_.data()[*datum].name;
      if (!isNamedAsBits(name) && !(isUnnamedKnown && name.empty()))
        continue;
      seen.push_back(reference.target);
      if (isNamedAsBits(name) || (writesOwnStatic(index) && isTestedAndSet(index, reference.target)))
        found_.push_back({index, GuardStyle::bit, reference.target, {}});
    }
  }

  // Before its initialiser runs, such a static is zero.
  [[nodiscard]] bool writesOwnStatic(FunctionIndex index) const {
    const Function &function = program_.functions()[index];
    return std::ranges::any_of(function.references, [&](const Reference &reference) {
      const auto index = reference.writes ? program_.datumContaining(reference.target) : std::nullopt;
      if (!index)
        return false;
      const Datum &datum = program_.data()[*index];
      const std::string_view name = datum.name;
      return name.starts_with(function.name) && name.substr(function.name.size()).starts_with("::") &&
             std::ranges::all_of(program_.bytesOf({datum.rva, datum.size}), [](uint8_t byte) { return byte == 0; });
    });
  }

  // `cmp byte ptr [g], 1` ... `mov byte ptr [g], 1`, or `mov eax, [g]; test al, 1` ... `or eax, 1; mov [g], eax`.
  [[nodiscard]] bool isTestedAndSet(FunctionIndex index, uint32_t rva) {
    if (program_.image().machine() == Machine::arm64)
      return false;
    bool isTested = false;
    for (const Reference &reference : program_.functions()[index].references) {
      if (reference.target != rva || !isVariable(reference))
        continue;
      if (!reference.writes)
        isTested |= hasOneBit(reference.instruction, 2, {"cmp", "test"});
      else if (isTested && (hasOneBit(reference.instruction, 1, {"mov", "or"}) || isBehindOr(reference.instruction)))
        return true;
    }
    return false;
  }

  // One of the `count` instructions from here on is one of these, with a single bit as its number.
  [[nodiscard]] bool hasOneBit(uint32_t rva, int count, std::array<std::string_view, 2> mnemonics) {
    for (int i = 0; i < count; ++i) {
      Instruction instruction;
      if (!decoder_.decodeWithText(program_.image().bytesFrom(rva), rva, instruction, text_))
        return false;
      const std::string_view mnemonic = std::string_view(text_).substr(0, text_.find_first_of(" \t"));
      const bool isOne = std::ranges::find(mnemonics, mnemonic) != mnemonics.end();
      if (isOne && std::ranges::any_of(instruction.encodedFields(), [](const EncodedField &field) {
            return field.kind == EncodedField::Kind::number && field.value > 0 &&
                   (field.value & (field.value - 1)) == 0;
          }))
        return true;
      rva = instruction.end();
    }
    return false;
  }

  // `or eax, 1` (3 bytes; 5 or 6 with a wide number) right in front of the store.
  [[nodiscard]] bool isBehindOr(uint32_t store) {
    for (const uint32_t size : {3U, 5U, 6U}) {
      Instruction instruction;
      if (store > size &&
          decoder_.decodeWithText(program_.image().bytesFrom(store - size), store - size, instruction, text_) &&
          instruction.size == size && text_.starts_with("or"))
        return true;
    }
    return false;
  }

  const Program &program_;
  Decoder decoder_;
  std::vector<Role> roles_; // by function
  std::string text_;
  std::vector<StaticGuard> found_;
};

} // namespace

std::string_view guardStyleName(GuardStyle style) {
  switch (style) {
  case GuardStyle::threadSafe:
    return "thread-safe";
  case GuardStyle::bit:
    return "bit";
  }
  return "";
}

Result<std::vector<StaticGuard>> staticGuards(const Program &program) {
  HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
  return GuardSearch(program, std::move(decoder)).run();
}

} // namespace hotgate::analyzer
