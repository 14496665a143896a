#include "analyzer/code/path_balance.h"

#include "analyzer/code/import_calls.h"

#include <algorithm>
#include <deque>
#include <llvm/Support/Endian.h>
#include <optional>
#include <set>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t largestBody = 1U << 18; // bytes
constexpr int deepest = 64;                // calls that are followed down from the function that is asked for
constexpr size_t testWithin = 8;           // instructions behind a call

using llvm::support::endian::read32le;

// A way out of the function, and not a trap.
bool isReturn(Machine machine, std::span<const uint8_t> bytes) {
  if (machine == Machine::arm64)
    return bytes.size() >= 4 && (read32le(bytes.data()) & 0xFFFFF000U) == 0xD65F0000U;
  const size_t at = !bytes.empty() && (bytes[0] == 0xF3 || bytes[0] == 0xF2) ? 1 : 0; // rep ret, bnd ret
  return bytes.size() > at && (bytes[at] == 0xC3 || bytes[at] == 0xC2);
}

std::string_view firstWord(std::string_view text) { return text.substr(0, text.find_first_of(" \t")); }

// What fills the room between blocks and functions.
bool isFiller(Machine machine, std::span<const uint8_t> bytes) {
  if (machine == Machine::arm64)
    return bytes.size() >= 4 && read32le(bytes.data()) == 0xD503201F; // nop
  size_t at = 0;
  while (at < bytes.size() && (bytes[at] == 0x66 || bytes[at] == 0x2E))
    ++at;
  return bytes.size() > at + 1 &&
         (bytes[at] == 0x90 || bytes[at] == 0xCC || (bytes[at] == 0x0F && bytes[at + 1] == 0x1F));
}

struct Operation {
  Instruction instruction;
  const Import *import = nullptr;      // that it calls or jumps to
  std::optional<FunctionIndex> callee; // that it calls or jumps to, outside of the function
  bool hasPlace = false;               // refers to data: `jmp qword ptr [rip + table]`
};

} // namespace

Balances Balances::with(int number) const {
  Balances result = *this;
  result.bits_.set(static_cast<size_t>(std::clamp(number, least, most) - least));
  return result;
}

Balances Balances::plus(const Balances &other) const {
  if (other == zero())
    return *this;
  Balances sums;
  for (int a = least; a <= most; ++a)
    for (int b = least; has(a) && b <= most; ++b)
      if (other.has(b))
        sums = sums.with(a + b);
  return sums;
}

std::string Balances::text() const {
  std::string text;
  for (int number = least; number <= most; ++number)
    if (has(number))
      text += fmt::format("{}{}{}", text.empty() ? "" : ", ", number > 0 ? "+" : "", number);
  return text.empty() ? "never" : text;
}

class PathBalances::Walk {
public:
  Walk(const Program &program, Decoder decoder) : program_(program), decoder_(std::move(decoder)) {
    std::vector<FunctionIndex> work;
    reaches_.resize(program.functions().size());
    for (const ImportCall &call : importCalls(program)) {
      imports_.emplace(call.site, call.import);
      if (effectOfApi(call.import->name) != nullptr && !reaches_[call.function]) {
        reaches_[call.function] = true;
        work.push_back(call.function);
      }
    }
    markCallersOf(std::move(work));
  }

  std::vector<ImportSite> importSites(FunctionIndex index) {
    Body body{program_.functions()[index], {}, {}, {}, {}, {}, {}, {}, false, 1};
    std::vector<ImportSite> sites;
    if (body.function.totalSize() > largestBody || !decodeAll(body))
      return sites;
    for (const Operation &operation : body.operations)
      if (operation.import != nullptr)
        sites.push_back({operation.import, operation.instruction.rva});
    return sites;
  }

  const FunctionBalance *of(FunctionIndex function, int depth) {
    const auto known = known_.find(function);
    if (known != known_.end())
      return known->second ? &*known->second : nullptr;
    if (depth > deepest || !open_.insert(function).second)
      return nullptr; // a circle of calls: what is in it counts as nothing
    std::optional<FunctionBalance> balance = compute(function, depth);
    open_.erase(function);
    const auto &kept = known_.emplace(function, std::move(balance)).first->second;
    return kept ? &*kept : nullptr;
  }

private:
  // Whatever calls one of these, directly or not, may take or give back something; the others need not be looked at.
  void markCallersOf(std::vector<FunctionIndex> work) {
    std::vector<std::vector<FunctionIndex>> callers(program_.functions().size());
    for (FunctionIndex caller = 0; caller < callers.size(); ++caller)
      for (const Reference &reference : program_.functions()[caller].references)
        if (reference.kind == ReferenceKind::call || reference.kind == ReferenceKind::branch)
          if (const auto callee = program_.functionAtEntry(reference.target); callee && *callee != caller)
            callers[*callee].push_back(caller);
    while (!work.empty()) {
      const FunctionIndex callee = work.back();
      work.pop_back();
      for (const FunctionIndex caller : callers[callee])
        if (!reaches_[caller]) {
          reaches_[caller] = true;
          work.push_back(caller);
        }
    }
  }

  using State = std::optional<FamilyBalances>; // nullopt: nothing leads here

  // The edge of a conditional branch on which a taking call has got nothing.
  struct Refused {
    size_t family;
    size_t call; // index of the taking call
    bool whenTaken;
  };

  struct Body {
    const Function &function;
    std::vector<Operation> operations;
    std::map<uint32_t, size_t> indexes; // by RVA
    std::map<size_t, Refused> refused;  // by index of the branch
    std::vector<State> states;          // in front of each operation
    std::deque<size_t> work;
    FunctionBalance result;
    FamilyBalances atSwitch{};
    bool hasSwitch = false;
    size_t unreached = 1; // no operation in front of this one is without a state
  };

  std::optional<FunctionBalance> compute(FunctionIndex index, int depth) {
    Body body{program_.functions()[index], {}, {}, {}, {}, {}, {}, {}, false, 1};
    if (body.function.totalSize() > largestBody || !decodeAll(body))
      return std::nullopt;
    for (size_t i = 0; i < body.operations.size(); ++i)
      noteRefusal(body, i, depth);
    body.states.resize(body.operations.size());
    FamilyBalances entry;
    entry.fill(Balances::zero());
    flowInto(body, 0, entry);
    follow(body, depth);
    while (body.hasSwitch && enterUnreached(body))
      follow(body, depth);
    noteCalls(body);
    return std::move(body.result);
  }

  bool decodeAll(Body &body) {
    for (int part = -1; part < body.function.rangeCount(); ++part) {
      const CodeRange &range = body.function.range(part);
      const auto bytes = program_.bytesOf(range);
      for (uint32_t at = 0; at < bytes.size();) {
        const uint32_t rva = range.rva + at;
        const auto table =
            std::ranges::find_if(body.function.jumpTables, [&](const CodeRange &t) { return t.contains(rva); });
        if (table != body.function.jumpTables.end()) {
          at = table->end() - range.rva;
          continue;
        }
        Operation operation;
        if (!decoder_.decode(bytes.subspan(at), rva, operation.instruction))
          return false;
        at += operation.instruction.size;
        body.indexes.emplace(rva, body.operations.size());
        body.operations.push_back(operation);
      }
    }
    for (const Reference &reference : body.function.references)
      if (const auto at = body.indexes.find(reference.instruction); at != body.indexes.end())
        noteReference(body, body.operations[at->second], reference);
    resolveRegisters(body);
    return !body.operations.empty();
  }

  std::string textOf(const Operation &operation) {
    Instruction ignored;
    std::string text;
    decoder_.decodeWithText(program_.image().bytesFrom(operation.instruction.rva), operation.instruction.rva, ignored,
                            text);
    return text;
  }

  // `mov rbx, qword ptr [slot]` and later `call rbx`, twice perhaps: the calls are what counts.
  void resolveRegisters(Body &body) {
    std::map<std::string, const Import *, std::less<>> held; // by register
    for (Operation &operation : body.operations) {
      const Flow flow = operation.instruction.flow;
      const bool isLoad = operation.import != nullptr && flow == Flow::next;
      const bool isThroughRegister =
          (flow == Flow::indirectCall || flow == Flow::indirectBranch) && !operation.hasPlace;
      if (!isLoad && (!isThroughRegister || held.empty()))
        continue;
      const std::string text = textOf(operation);
      const size_t begin = std::min(text.size(), text.find_first_not_of(" \t", text.find_first_of(" \t")));
      const std::string_view name = std::string_view(text).substr(begin, text.find(',', begin) - begin);
      if (isLoad) {
        held[std::string(name)] = operation.import;
        operation.import = nullptr;
        operation.hasPlace = false;
      } else if (const auto import = held.find(name); import != held.end()) {
        operation.import = import->second;
      }
    }
  }

  void noteReference(const Body &body, Operation &operation, const Reference &reference) const {
    if (const auto import = imports_.find(reference.instruction); import != imports_.end())
      operation.import = import->second;
    else if (reference.kind == ReferenceKind::call ||
             (reference.kind == ReferenceKind::branch && !body.function.contains(reference.target)))
      operation.callee = program_.functionAtEntry(reference.target);
    operation.hasPlace |= reference.kind == ReferenceKind::data;
  }

  // What a call does, for each family.
  FamilyBalances effectOf(const Operation &operation, int depth) {
    FamilyBalances effect;
    effect.fill(Balances::zero());
    if (operation.import != nullptr) {
      if (const ApiEffect *api = effectOfApi(operation.import->name))
        effect[static_cast<size_t>(api->family)] = Balances().with(api->change);
    } else if (operation.callee && reaches_[*operation.callee]) {
      if (const FunctionBalance *callee = of(*operation.callee, depth + 1))
        for (size_t i = 0; i < effect.size(); ++i)
          if (!callee->atExit[i].isEmpty())
            effect[i] = callee->atExit[i];
    }
    return effect;
  }

  void follow(Body &body, int depth) {
    while (!body.work.empty()) {
      const size_t at = body.work.front();
      body.work.pop_front();
      step(body, at, depth);
    }
  }

  void step(Body &body, size_t at, int depth) {
    const Operation &operation = body.operations[at];
    FamilyBalances state = *body.states[at];
    const Flow flow = operation.instruction.flow;
    if (operation.import != nullptr || operation.callee) {
      const FamilyBalances effect = effectOf(operation, depth);
      for (size_t i = 0; i < state.size(); ++i)
        state[i] = state[i].plus(effect[i]);
    }
    switch (flow) {
    case Flow::stop:
      if (isReturn(program_.image().machine(), program_.image().bytesFrom(operation.instruction.rva)))
        leave(body, state);
      return;
    case Flow::branch:
      return jump(body, operation, state);
    case Flow::indirectBranch:
      if (operation.import != nullptr || operation.callee || operation.hasPlace ||
          isReturn(program_.image().machine(), program_.image().bytesFrom(operation.instruction.rva)))
        return leave(body, state);
      body.hasSwitch = true;
      for (size_t i = 0; i < state.size(); ++i)
        body.atSwitch[i] |= state[i];
      return;
    case Flow::conditionalBranch: {
      const auto refused = body.refused.find(at);
      FamilyBalances taken = state;
      if (refused != body.refused.end()) {
        const auto &[family, call, whenTaken] = refused->second;
        const Balances &before = (*body.states[call])[family];
        (whenTaken ? taken : state)[family] = before;
        (whenTaken ? state : taken)[family] = before.plus(1);
      }
      jump(body, operation, taken);
      break;
    }
    default:
      break;
    }
    if (at + 1 < body.operations.size() && body.operations[at + 1].instruction.rva == operation.instruction.end())
      flowInto(body, at + 1, state);
  }

  static void jump(Body &body, const Operation &operation, const FamilyBalances &state) {
    for (const EncodedField &field : operation.instruction.encodedFields())
      if (field.kind == EncodedField::Kind::branchTarget)
        if (const auto target = body.indexes.find(static_cast<uint32_t>(field.value)); target != body.indexes.end())
          return flowInto(body, target->second, state);
    leave(body, state); // a tail call
  }

  static void leave(Body &body, const FamilyBalances &state) {
    for (size_t i = 0; i < state.size(); ++i)
      body.result.atExit[i] |= state[i];
  }

  static void flowInto(Body &body, size_t at, const FamilyBalances &state) {
    State &there = body.states[at];
    FamilyBalances merged = there.value_or(FamilyBalances{});
    for (size_t i = 0; i < state.size(); ++i)
      merged[i] |= state[i];
    if (there && *there == merged)
      return;
    there = merged;
    body.work.push_back(at);
  }

  // The cases of a switch: code that nothing else leads to. False when there is none left.
  bool enterUnreached(Body &body) const {
    for (size_t &i = body.unreached; i < body.operations.size(); ++i)
      if (!body.states[i] &&
          !isFiller(program_.image().machine(), program_.image().bytesFrom(body.operations[i].instruction.rva))) {
        flowInto(body, i, body.atSwitch);
        return true;
      }
    if (body.result.atExit.front().isEmpty())
      leave(body, body.atSwitch); // a tail call through a register
    body.hasSwitch = false;
    return false;
  }

  // The family of which a call takes one, or nothing with a null result: an import, or a function around one.
  std::optional<size_t> takenOrRefused(const Operation &operation, int depth) {
    if (operation.import != nullptr) {
      const ApiEffect *api = effectOfApi(operation.import->name);
      return api != nullptr && api->refusal == Refusal::nullResult && api->change > 0
                 ? std::optional(static_cast<size_t>(api->family))
                 : std::nullopt;
    }
    const FunctionBalance *callee =
        operation.callee && reaches_[*operation.callee] ? of(*operation.callee, depth + 1) : nullptr;
    if (callee == nullptr)
      return std::nullopt;
    for (size_t i = static_cast<size_t>(ResourceFamily::lock) + 1; i < resourceFamilyCount; ++i)
      if (const Balances &balance = callee->atExit[i];
          balance == Balances().with(1) || balance == Balances::zero().with(1))
        return i;
    return std::nullopt;
  }

  // `call HeapAlloc`, `mov rsi, rax`, `test rax, rax`, `je`: on the way that the branch takes nothing was got.
  void noteRefusal(Body &body, size_t call, int depth) {
    const auto family = takenOrRefused(body.operations[call], depth);
    if (!family)
      return;
    const bool isArm = program_.image().machine() == Machine::arm64;
    std::set<std::string, std::less<>> result{isArm ? "x0" : "rax", isArm ? "w0" : "eax"};
    bool isTested = false;
    const size_t end = std::min(body.operations.size(), call + 1 + testWithin);
    for (size_t i = call + 1; i < end; ++i) {
      const std::string text = textOf(body.operations[i]);
      const Flow flow = body.operations[i].instruction.flow;
      if (flow == Flow::conditionalBranch) {
        if (const auto whenTaken = refusedWhenTaken(text, isTested, result))
          body.refused.emplace(i, Refused{*family, call, *whenTaken});
        return;
      }
      if (flow != Flow::next)
        return;
      noteText(text, result, isTested);
    }
  }

  static std::optional<bool> refusedWhenTaken(std::string_view text, bool isTested,
                                              const std::set<std::string, std::less<>> &result) {
    const std::string_view mnemonic = firstWord(text);
    if (mnemonic == "cbz" || mnemonic == "cbnz") {
      const size_t begin = text.find_first_not_of(" \t", mnemonic.size());
      const std::string_view tested =
          begin == std::string_view::npos ? "" : text.substr(begin, text.find(',', begin) - begin);
      return result.contains(tested) ? std::optional(mnemonic == "cbz") : std::nullopt;
    }
    if (!isTested)
      return std::nullopt;
    if (mnemonic == "je" || mnemonic == "b.eq")
      return true;
    return mnemonic == "jne" || mnemonic == "b.ne" ? std::optional(false) : std::nullopt;
  }

  static void noteText(std::string_view text, std::set<std::string, std::less<>> &result, bool &isTested) {
    const std::string_view mnemonic = firstWord(text);
    const size_t begin = text.find_first_not_of(" \t", mnemonic.size());
    const size_t comma = text.find(',');
    if (begin == std::string_view::npos || comma == std::string_view::npos)
      return;
    const std::string_view to = text.substr(begin, comma - begin);
    std::string_view from = text.substr(comma + 1);
    from.remove_prefix(std::min(from.size(), from.find_first_not_of(' ')));
    if (mnemonic == "mov" && result.contains(from))
      result.insert(std::string(to));
    else if (mnemonic == "test" || mnemonic == "cmp")
      isTested = result.contains(to) &&
                 (from == to || from == "-0x1" || from == "-1" || from == "0x0" || from == "0" || from == "#0");
    else
      result.erase(std::string(to));
  }

  static void noteCalls(Body &body) {
    FunctionBalance &result = body.result;
    for (size_t i = 0; i < body.operations.size(); ++i) {
      const Operation &operation = body.operations[i];
      const ApiEffect *api = operation.import == nullptr ? nullptr : effectOfApi(operation.import->name);
      if (api != nullptr)
        ++(api->change > 0 ? result.takes : result.gives)[static_cast<size_t>(api->family)];
      if (operation.callee && body.states[i])
        result.calls.push_back({*operation.callee, operation.instruction.rva,
                                (*body.states[i])[static_cast<size_t>(ResourceFamily::lock)]});
    }
  }

  const Program &program_;
  Decoder decoder_;
  std::map<uint32_t, const Import *> imports_; // by site
  std::vector<bool> reaches_;                  // by function: an import that takes or gives back something
  std::map<FunctionIndex, std::optional<FunctionBalance>> known_;
  std::set<FunctionIndex> open_;
};

PathBalances::PathBalances(std::unique_ptr<Walk> walk) : walk_(std::move(walk)) {}
PathBalances::PathBalances(PathBalances &&) noexcept = default;
PathBalances &PathBalances::operator=(PathBalances &&) noexcept = default;
PathBalances::~PathBalances() = default;

Result<PathBalances> PathBalances::begin(const Program &program) {
  HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
  return PathBalances(std::make_unique<Walk>(program, std::move(decoder)));
}

std::vector<ImportSite> PathBalances::importSites(FunctionIndex function) { return walk_->importSites(function); }

const FunctionBalance *PathBalances::of(FunctionIndex function) { return walk_->of(function, 0); }

} // namespace hotgate::analyzer
