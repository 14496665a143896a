#include "analyzer/code/pointer_walk.h"

#include "analyzer/code/import_calls.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

constexpr uint8_t noRegister = RegisterUse::none;
constexpr size_t mostPlaces = 256; // variables that live at one instruction; more of a damaged PDB are not looked at

// Functions that allocate, and which of their arguments say how much.
struct Allocator {
  std::string_view name;
  size_t size;
  std::optional<size_t> count = std::nullopt;
};
constexpr Allocator allocators[] = {
    {"malloc", 0},          {"_malloc_base", 0},          {"calloc", 1, 0},          {"_calloc_base", 1, 0},
    {"realloc", 1},         {"_aligned_malloc", 0},       {"operator new", 0},       {"operator new[]", 0},
    {"??2@YAPEAX_K@Z", 0},  {"??2@YAPAXI@Z", 0},          {"??_U@YAPEAX_K@Z", 0},    {"??_U@YAPAXI@Z", 0},
    {"HeapAlloc", 2},       {"RtlAllocateHeap", 2},       {"HeapReAlloc", 3},        {"LocalAlloc", 1},
    {"GlobalAlloc", 1},     {"VirtualAlloc", 1},          {"CoTaskMemAlloc", 0},     {"ExAllocatePool", 1},
    {"ExAllocatePool2", 1}, {"ExAllocatePoolWithTag", 1}, {"ExAllocatePoolZero", 1},
};

const Allocator *allocatorNamed(std::string_view name) {
  const auto *found = std::ranges::find(allocators, name, &Allocator::name);
  return found == std::end(allocators) ? nullptr : found;
}

// Registers that a callee may change.
uint32_t volatileRegisters(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return 0x0F07; // rax, rcx, rdx, r8 to r11
  case Machine::x86:
    return 0x07; // eax, ecx, edx
  case Machine::arm64:
    return 0x4007FFFF; // x0 to x18, x30
  }
  return 0xFFFFFFFF;
}

bool isFrameRegister(Machine machine, uint8_t reg) {
  return machine == Machine::arm64 ? reg == 31 || reg == 29 : reg == 4 || (machine == Machine::x86 && reg == 5);
}

} // namespace

TypedProgram::TypedProgram(const Program &program) : program_(program), layouts_(program.symbols()) {}

const FunctionSymbol *TypedProgram::procedure(const Function &function) const {
  const auto &symbols = program_.symbols().functions;
  const auto [first, last] = std::ranges::equal_range(symbols, function.body.rva, {}, &FunctionSymbol::rva);
  const auto sized = std::ranges::count_if(first, last, [](const FunctionSymbol &symbol) { return symbol.size != 0; });
  return sized == 1 && function.names.size() <= 1 ? &*first : nullptr; // sized ones are first
}

const DataSymbol *TypedProgram::variableAt(uint32_t rva) const {
  const auto &symbols = program_.symbols().data;
  const auto behind = std::ranges::upper_bound(symbols, rva, {}, &DataSymbol::rva);
  if (behind == symbols.begin())
    return nullptr;
  const DataSymbol &symbol = *std::prev(behind);
  return rva - symbol.rva < symbol.size && types().leadsToRecord(symbol.type) ? &symbol : nullptr;
}

FunctionUse PointerWalker::walk(FunctionIndex index) {
  function_ = &typed_.program().functions()[index];
  procedure_ = typed_.procedure(*function_);
  use_ = {};
  leaders_.clear();
  for (const Reference &reference : function_->references)
    if (function_->contains(reference.target))
      leaders_.insert(reference.target);
  for (int part = -1; part < function_->rangeCount(); ++part)
    walkRange(function_->range(part));
  return std::move(use_);
}

void PointerWalker::walkRange(const CodeRange &range) {
  forget();
  nextPlace_ = 0;
  places_.clear();
  if (range.rva == function_->body.rva)
    enterFunction();
  const auto bytes = typed_.program().bytesOf(range);
  const auto references = function_->referencesIn(range);
  auto reference = references.begin();
  for (uint32_t at = 0; at < bytes.size();) {
    const uint32_t rva = range.rva + at;
    const auto table = std::ranges::find_if(function_->jumpTables, [&](const CodeRange &t) { return t.contains(rva); });
    Instruction instruction;
    RegisterUse use;
    if (table != function_->jumpTables.end()) {
      at = table->end() - range.rva;
      forget();
      continue;
    }
    if (!decoder_.decodeWithRegisters(bytes.subspan(at), rva, instruction, use))
      return; // the rest is not code, or the decoder does not know it: nothing is known behind it
    if (leaders_.contains(rva))
      forget();
    while (reference != references.end() && reference->field < rva)
      ++reference;
    auto last = reference;
    while (last != references.end() && last->field < instruction.end())
      ++last;
    advancePlaces(rva);
    step(instruction, use, {reference, last});
    at += instruction.size;
  }
}

void PointerWalker::forget() {
  registers_ = {};
  stackDepth_.reset();
  frameDepth_.reset();
  stackParameters_.clear();
  pushed_.clear();
}

constexpr uint8_t esp = 4, ebp = 5;

void PointerWalker::enterOnStack(const Prototype &prototype) {
  constexpr uint64_t slot = 4;
  stackDepth_ = 0;
  uint64_t at = slot; // behind the return address
  if (!prototype.isOnStack || typed_.types().elementRecord(prototype.returned) != 0)
    return;
  if (prototype.hasThis && !prototype.isThisCall)
    at += slot;
  for (const TypeNumber parameter : prototype.parameters) {
    const TypeShape shape = typed_.types().shape(parameter);
    if (shape.kind != TypeShape::Kind::pointer)
      return; // of a simple type nobody here knows the size
    if (const TypeNumber record = typed_.types().pointedRecord(parameter); record != 0)
      stackParameters_[static_cast<int64_t>(at)] = record;
    at += slot;
  }
}

std::optional<int64_t> PointerWalker::stackOffset(const RegisterUse &use) const {
  if (use.base == esp && stackDepth_)
    return use.displacement - *stackDepth_;
  return use.base == ebp && frameDepth_ ? std::optional(use.displacement - *frameDepth_) : std::nullopt;
}

void PointerWalker::followStack(const Instruction &instruction, const RegisterUse &use) {
  if (instruction.mayStore && use.hasMemory)
    if (const auto at = stackOffset(use))
      stackParameters_.erase(*at);
  const bool isPush = use.role == RegisterUse::Role::push || use.role == RegisterUse::Role::pushNumber;
  if (isPush && stackDepth_) {
    *stackDepth_ += 4;
  } else if (use.role == RegisterUse::Role::address && use.destination == esp && use.base == esp && !use.hasIndex &&
             stackDepth_) {
    *stackDepth_ -= use.displacement;
  } else if ((use.written >> esp & 1) != 0 || instruction.flow == Flow::call ||
             instruction.flow == Flow::indirectCall) {
    stackDepth_.reset(); // pop; a callee that takes its arguments off
  }
  if (use.role == RegisterUse::Role::copy && use.destination == ebp && use.source == esp)
    frameDepth_ = stackDepth_;
  else if ((use.written >> ebp & 1) != 0)
    frameDepth_.reset();
}

// Where the ABI puts parameters, when the PDB does not say where this function has them; on x86 it says only where they
// are later.
void PointerWalker::enterFunction() {
  if (procedure_ == nullptr || !procedure_->isGlobal)
    return;
  const Prototype *prototype = typed_.types().prototype(procedure_->prototype);
  const Machine machine = typed_.program().image().machine();
  const bool isX86 = machine == Machine::x86;
  if (prototype == nullptr || (procedure_->tellsParameters && !isX86))
    return;
  const auto isReturnedInMemory = [&] { return typed_.types().elementRecord(prototype->returned) != 0; };
  constexpr std::array<uint8_t, 4> x64Arguments{1, 2, 8, 9};
  constexpr uint8_t ecx = 1;
  if (isX86) {
    if (prototype->hasThis && prototype->isThisCall)
      registers_[ecx].pointer = {typed_.types().record(prototype->object), 0};
    enterOnStack(*prototype);
    return;
  }
  const auto argumentRegister = [&](size_t i) -> std::optional<uint8_t> {
    if (machine == Machine::arm64)
      return i < 8 ? std::optional(static_cast<uint8_t>(i)) : std::nullopt;
    return i < x64Arguments.size() ? std::optional(x64Arguments[i]) : std::nullopt;
  };
  if (prototype->hasThis)
    registers_[*argumentRegister(0)].pointer = {typed_.types().record(prototype->object), 0};
  // On ARM64 a floating-point argument takes no general register, and a struct can take two: only the first are sure.
  for (size_t i = 0; i < prototype->parameters.size() && !isReturnedInMemory(); ++i) {
    const TypeNumber parameter = prototype->parameters[i];
    const bool isPointer = typed_.types().shape(parameter).kind == TypeShape::Kind::pointer;
    if (machine == Machine::arm64 && !isPointer)
      break;
    if (const auto reg = argumentRegister(i + (prototype->hasThis ? 1 : 0)); reg && isPointer)
      registers_[*reg].pointer = {typed_.types().pointedRecord(parameter), 0};
  }
}

void PointerWalker::advancePlaces(uint32_t rva) {
  std::erase_if(places_, [&](const TypedPlace *place) { return place->end <= rva; });
  if (procedure_ == nullptr)
    return;
  for (; nextPlace_ < procedure_->places.size() && procedure_->places[nextPlace_].begin <= rva; ++nextPlace_)
    if (procedure_->places[nextPlace_].end > rva && places_.size() < mostPlaces)
      places_.push_back(&procedure_->places[nextPlace_]);
}

void PointerWalker::step(const Instruction &instruction, const RegisterUse &use,
                         std::span<const Reference> references) {
  for (const EncodedField &field : instruction.encodedFields())
    if (field.kind == EncodedField::Kind::number && field.value > 1)
      use_.numbers.emplace_back(instruction.rva, field.value);
  if (use.hasMemory)
    access(instruction, use, references);
  noteSums(instruction, use);
  const Register value = result(use, references);
  if (typed_.program().image().machine() == Machine::x86)
    followStack(instruction, use);
  for (size_t reg = 0; reg < registers_.size(); ++reg)
    if ((use.written >> reg & 1) != 0)
      registers_[reg] = {};
  if (use.destination < registers_.size())
    registers_[use.destination] = value;
  if (use.role == RegisterUse::Role::push)
    pushed_.emplace_back();
  else if (use.role == RegisterUse::Role::pushNumber)
    pushed_.emplace_back(use.number);
  for (const Reference &reference : references) // its address is taken: it may be called with any size
    if (instruction.flow == Flow::next && reference.kind != ReferenceKind::branch)
      if (const std::string name = calledName(reference); allocatorNamed(name) != nullptr)
        use_.allocations.push_back({instruction.rva, name, std::nullopt, 0, false});
  switch (instruction.flow) {
  case Flow::call:
  case Flow::indirectCall:
    call(instruction, references);
    break;
  case Flow::branch: // also a tail call
  case Flow::indirectBranch:
    call(instruction, references);
    forget();
    break;
  case Flow::stop:
    forget();
    break;
  case Flow::next:
  case Flow::conditionalBranch:
    break;
  }
}

PointerWalker::Pointers PointerWalker::pointersIn(uint8_t reg) const {
  Pointers result;
  if (reg >= registers_.size())
    return result;
  for (const TypedPlace *place : places_)
    if (!place->isInMemory && place->reg == reg)
      if (const Pointer pointer{typed_.types().pointedRecord(place->type), 0};
          pointer.record != 0 && std::ranges::find(result, pointer) == result.end())
        result.push_back(pointer);
  if (const Pointer &pointer = registers_[reg].pointer;
      pointer.record != 0 && std::ranges::find(result, pointer) == result.end())
    result.push_back(pointer);
  return result;
}

void PointerWalker::access(const Instruction &instruction, const RegisterUse &use,
                           std::span<const Reference> references) {
  if (const Pointer variable = structAt(use, references); variable.record != 0) {
    accessAt(variable, 0, instruction, use.hasIndex);
    return;
  }
  const Pointers pointers = pointersIn(use.base);
  for (const Pointer &pointer : pointers)
    accessAt(pointer, use.displacement, instruction, use.hasIndex);
  for (const Pointer &pointer : pointersIn(use.hasIndex ? use.index : noRegister))
    accessAt(pointer, 0, instruction, true);
  const Machine machine = typed_.program().image().machine();
  if (pointers.empty() && use.base != noRegister && !isFrameRegister(machine, use.base) && placeAt(use) == nullptr)
    use_.unknown.push_back({use.displacement, instruction.accessWidth, instruction.rva});
}

void PointerWalker::accessAt(const Pointer &pointer, int64_t displacement, const Instruction &instruction,
                             bool isIndexed) {
  RecordAccess access{pointer.record, std::nullopt, instruction.accessWidth, instruction.mayStore, instruction.rva};
  // Outside of the object: a neighbour of it, in an array.
  if (const Pointer inside = moved(pointer, displacement); !isIndexed && inside.record != 0)
    access.offset = inside.offset;
  use_.accesses.push_back(access);
}

// `p + i`: the object behind the sum is one of many.
void PointerWalker::noteSums(const Instruction &instruction, const RegisterUse &use) {
  if (use.role != RegisterUse::Role::address || !use.hasIndex)
    return;
  for (const uint8_t reg : {use.base, use.index})
    for (const Pointer &pointer : pointersIn(reg))
      accessAt(pointer, 0, instruction, true);
}

PointerWalker::Pointer PointerWalker::moved(const Pointer &pointer, int64_t by) const {
  const TypeLayout *layout = typed_.layouts().of(pointer.record);
  const uint64_t offset = pointer.offset + static_cast<uint64_t>(by);
  return layout != nullptr && offset < layout->size ? Pointer{pointer.record, offset} : Pointer{};
}

// Of a struct, or an array of structs, that is at hand.
PointerWalker::Pointer PointerWalker::inside(TypeNumber type, uint64_t offset) const {
  const TypeNumber record = typed_.types().elementRecord(type);
  const TypeLayout *layout = record == 0 ? nullptr : typed_.layouts().of(record);
  return layout != nullptr && layout->size != 0 ? Pointer{record, offset % layout->size} : Pointer{};
}

const TypedPlace *PointerWalker::placeAt(const RegisterUse &use) const {
  for (const TypedPlace *place : places_) {
    if (!place->isInMemory || place->reg != use.base || use.displacement < place->offset)
      continue;
    const uint64_t size = typed_.types().shape(place->type).size;
    if (static_cast<uint64_t>(use.displacement - place->offset) < size)
      return place;
  }
  return nullptr;
}

// A memory operand or an address that the instruction itself names.
std::optional<uint32_t> PointerWalker::variableTarget(const RegisterUse &use,
                                                      std::span<const Reference> references) const {
  const bool isNamed = use.base == noRegister || typed_.program().image().machine() == Machine::arm64;
  for (const Reference &reference : references)
    if (isNamed && (reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute))
      return reference.target;
  return std::nullopt;
}

PointerWalker::Pointer PointerWalker::structAt(const RegisterUse &use, std::span<const Reference> references) const {
  if (const auto target = variableTarget(use, references)) {
    const DataSymbol *variable = typed_.variableAt(*target);
    return variable == nullptr ? Pointer{} : inside(variable->type, *target - variable->rva);
  }
  const TypedPlace *place = placeAt(use);
  return place == nullptr ? Pointer{} : inside(place->type, static_cast<uint64_t>(use.displacement - place->offset));
}

TypeNumber PointerWalker::pointerAt(const RegisterUse &use, std::span<const Reference> references) const {
  if (use.hasIndex)
    return 0;
  if (const Pointer variable = structAt(use, references); variable.record != 0)
    return typed_.layouts().pointedAt(variable.record, variable.offset);
  if (const auto target = variableTarget(use, references)) {
    const DataSymbol *variable = typed_.variableAt(*target);
    return variable != nullptr && variable->rva == *target ? typed_.types().pointedRecord(variable->type) : 0;
  }
  if (const TypedPlace *place = placeAt(use))
    return place->offset == use.displacement ? typed_.types().pointedRecord(place->type) : 0;
  if (const auto at = stackOffset(use))
    if (const auto parameter = stackParameters_.find(*at); parameter != stackParameters_.end())
      return parameter->second;
  const Pointers pointers = pointersIn(use.base);
  if (pointers.size() != 1)
    return 0;
  const Pointer at = moved(pointers.front(), use.displacement);
  return at.record == 0 ? 0 : typed_.layouts().pointedAt(at.record, at.offset);
}

PointerWalker::Register PointerWalker::result(const RegisterUse &use, std::span<const Reference> references) const {
  Register value;
  switch (use.role) {
  case RegisterUse::Role::copy:
    if (use.source >= registers_.size())
      break;
    value.number = registers_[use.source].number;
    if (const Pointers pointers = pointersIn(use.source); pointers.size() == 1)
      value.pointer = pointers.front();
    break;
  case RegisterUse::Role::load:
    value.pointer = {pointerAt(use, references), 0};
    break;
  case RegisterUse::Role::address:
    if (use.hasIndex)
      break;
    if (value.pointer = structAt(use, references); value.pointer.record != 0)
      break;
    if (const Pointers pointers = pointersIn(use.base); pointers.size() == 1)
      value.pointer = moved(pointers.front(), use.displacement);
    break;
  case RegisterUse::Role::constant:
    if (references.empty())
      value.number = use.number;
    else if (const auto target = variableTarget(use, references)) // x86: mov ecx, offset g
      if (const DataSymbol *variable = typed_.variableAt(*target))
        value.pointer = inside(variable->type, *target - variable->rva);
    break;
  case RegisterUse::Role::other:
  case RegisterUse::Role::push:
  case RegisterUse::Role::pushNumber:
    break;
  }
  return value;
}

std::string PointerWalker::calledName(const Reference &reference) const {
  const Program &program = typed_.program();
  if (const Import *import = program.image().importAtSlot(reference.target))
    return import->name;
  const auto callee = program.functionAtEntry(reference.target);
  if (!callee)
    return {};
  const Function &function = program.functions()[*callee];
  const Import *import = importOfThunk(program, function);
  return import != nullptr ? import->name : function.name;
}

std::optional<uint64_t> PointerWalker::argument(size_t index) const {
  constexpr std::array<uint8_t, 4> x64Arguments{1, 2, 8, 9};
  std::optional<int64_t> number;
  switch (typed_.program().image().machine()) {
  case Machine::x64:
    if (index < x64Arguments.size())
      number = registers_[x64Arguments[index]].number;
    break;
  case Machine::arm64:
    number = registers_[index].number;
    break;
  case Machine::x86:
    if (index < pushed_.size())
      number = pushed_[pushed_.size() - 1 - index];
    break;
  }
  return number && *number >= 0 ? std::optional(static_cast<uint64_t>(*number)) : std::nullopt;
}

const AllocationSite *PointerWalker::allocationAt(uint32_t rva) const {
  if (procedure_ == nullptr)
    return nullptr;
  const auto site = std::ranges::lower_bound(procedure_->allocations, rva, {}, &AllocationSite::rva);
  return site != procedure_->allocations.end() && site->rva == rva ? &*site : nullptr;
}

void PointerWalker::call(const Instruction &instruction, std::span<const Reference> references) {
  AllocationCall allocation{instruction.rva, {}, std::nullopt, 0, false};
  Pointer returned;
  for (const Reference &reference : references) {
    const std::string name = calledName(reference);
    if (const Allocator *allocator = allocatorNamed(name)) {
      allocation.allocator = name;
      allocation.size = argument(allocator->size);
      if (const auto count = allocator->count ? argument(*allocator->count) : std::optional<uint64_t>(1);
          count && allocation.size && *count < UINT32_MAX && *allocation.size < UINT32_MAX)
        allocation.size = *allocation.size * *count;
      else
        allocation.size.reset();
    }
    if (const auto callee = typed_.program().functionAtEntry(reference.target))
      if (const FunctionSymbol *procedure = typed_.procedure(typed_.program().functions()[*callee]))
        if (const Prototype *prototype = typed_.types().prototype(procedure->prototype))
          returned = {typed_.types().pointedRecord(prototype->returned), 0};
  }
  if (const AllocationSite *site = allocationAt(instruction.rva)) {
    allocation.saysType = true;
    const TypeNumber pointed = typed_.types().pointedRecord(site->type);
    allocation.record = pointed != 0 ? pointed : typed_.types().elementRecord(site->type);
    returned = {allocation.record, 0};
  }
  if (!allocation.allocator.empty() || allocation.saysType)
    use_.allocations.push_back(std::move(allocation));
  const uint32_t changed = volatileRegisters(typed_.program().image().machine());
  for (size_t reg = 0; reg < registers_.size(); ++reg)
    if ((changed >> reg & 1) != 0)
      registers_[reg] = {};
  pushed_.clear();
  registers_[0].pointer = returned;
}

} // namespace hotgate::analyzer
