#include "analyzer/code/reference_scan.h"

#include "analyzer/code/x86_encoding.h"

#include <algorithm>
#include <limits>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;

namespace {

constexpr uint32_t functionAlignment = 16; // of MSVC and clang, at every optimisation level but for size

// How far around a range the ARM64 addresses are followed.
constexpr ptrdiff_t mostNeighbours = 16;
constexpr uint32_t mostNeighbourBytes = 8192;

bool isFiller(uint8_t byte) { return byte == 0xCC || byte == 0x90 || byte == 0; }

bool isCall(Flow flow) { return flow == Flow::call || flow == Flow::indirectCall; }

bool isStop(Flow flow) { return flow == Flow::stop || flow == Flow::branch || flow == Flow::indirectBranch; }

void describeAccess(const Instruction &instruction, Reference &reference) {
  reference.accessWidth = instruction.accessWidth;
  reference.writes = instruction.mayStore;
  reference.spreads = instruction.hasIndexRegister || instruction.hasBaseRegister;
}

} // namespace

ReferenceScan ReferenceScanner::scan(const CodeRange &range) { return run(range, false); }

ReferenceScan ReferenceScanner::scanOpen(uint32_t rva, uint32_t limit, std::span<const uint32_t> entries) {
  entries_ = entries;
  return run({rva, limit - rva}, true);
}

ReferenceScan ReferenceScanner::run(const CodeRange &range, bool isOpen) {
  range_ = range;
  isOpen_ = isOpen;
  bytes_ = image_.bytesFrom(range.rva);
  bytes_ = bytes_.first(std::min<size_t>(bytes_.size(), range.size));
  furthestTarget_ = 0;
  switchBound_ = {};
  scopeBlocks_.clear();
  if (image_.machine() == Machine::arm64)
    followRangesBefore();
  const auto relocations = image_.relocations();
  nextRelocation_ = static_cast<size_t>(std::ranges::lower_bound(relocations, range.rva, {}, &BaseRelocation::rva) -
                                        relocations.begin());

  ReferenceScan result;
  Instruction instruction;
  bool isBehindCall = false;
  uint32_t at = 0;
  while (at < bytes_.size()) {
    const uint32_t rva = range.rva + at;
    const auto table = std::lower_bound(tables_.begin(), tables_.end(), rva);
    if (table != tables_.end() && *table == rva) {
      const uint32_t end = readTable(static_cast<size_t>(table - tables_.begin()));
      if (end != rva) {
        result.jumpTables.push_back({rva, end - rva});
        at = end - range.rva;
        continue;
      }
    }
    // No instruction reaches over the beginning of a table.
    const size_t room = table != tables_.end() ? *table - rva : bytes_.size() - at;
    if (!decoder_.decode(bytes_.subspan(at, std::min(room, bytes_.size() - at)), rva, instruction)) {
      result.undecodableAt = rva;
      break;
    }
    if (at == 0)
      result.firstInstructionSize = instruction.size;
    if (isOpen && image_.machine() == Machine::x86)
      switchBound_.follow(bytes_.subspan(at, instruction.size));
    addReferences(instruction);
    if (image_.machine() == Machine::arm64)
      followArm64(instruction);
    at += instruction.size;
    result.hasEnd = isCall(instruction.flow) || (isBreakpoint(instruction) ? isBehindCall : isStop(instruction.flow));
    isBehindCall = isCall(instruction.flow);
    if (isOpen && isStop(instruction.flow) && endsHere(at, instruction))
      break;
  }
  if (image_.machine() == Machine::arm64)
    followRangesBehind();
  result.end = range.rva + (isOpen ? std::max(at, 1U) : range.size);
  return result;
}

// `at` is behind an instruction after which nothing goes on. Code compiled for size has no filler between functions, so
// filler is no condition; but what follows a breakpoint or a jump through a register may still be this function.
bool ReferenceScanner::endsHere(uint32_t at, const Instruction &instruction) const {
  const uint32_t rva = range_.rva + at;
  if (furthestTarget_ >= rva || (!tables_.empty() && tables_.back() >= rva))
    return false;
  if (at >= bytes_.size() || rva % functionAlignment == 0 || isFiller(bytes_[at]) ||
      std::binary_search(entries_.begin(), entries_.end(), rva))
    return true;
  const bool leadsToTable = !found_.empty() && found_.back().instruction == instruction.rva;
  return !isBreakpoint(instruction) && (instruction.flow != Flow::indirectBranch || leadsToTable);
}

bool ReferenceScanner::isBreakpoint(const Instruction &instruction) const {
  const auto bytes = bytes_.subspan(instruction.rva - range_.rva);
  constexpr uint32_t brk = 0xD4200000; // ARM64, with a 16-bit number
  return image_.machine() == Machine::arm64 ? (read32le(bytes.data()) & 0xFFE0001F) == brk : bytes.front() == 0xCC;
}

void ReferenceScanner::addReferences(const Instruction &instruction) {
  for (const EncodedField &field : instruction.encodedFields()) {
    Reference reference;
    reference.instruction = instruction.rva;
    reference.field = instruction.rva + field.offset;
    reference.size = field.size;
    reference.form = field.form;
    if (field.kind == EncodedField::Kind::number)
      addNumber(instruction, field, reference);
    else if (field.kind != EncodedField::Kind::page && field.value >= 0 &&
             field.value <= std::numeric_limits<uint32_t>::max())
      addPlace(instruction, field, reference);
  }
}

void ReferenceScanner::addNumber(const Instruction &instruction, const EncodedField &field, Reference &reference) {
  if (isAbsolute(field, reference)) {
    reference.kind = ReferenceKind::absolute;
  } else if (isImageRelative(instruction, field)) {
    reference.kind = ReferenceKind::imageRelative;
    reference.target = static_cast<uint32_t>(field.value);
  } else {
    return;
  }
  if (isDisplacement(instruction, field)) {
    describeAccess(instruction, reference);
    noteTable(reference.target, instruction);
    if (isOpen_)
      lookAhead(reference, instruction);
  } else if (isOpen_) {
    followScopes(reference);
  }
  found_.push_back(reference);
}

void ReferenceScanner::addPlace(const Instruction &instruction, const EncodedField &field, Reference &reference) {
  reference.target = static_cast<uint32_t>(field.value);
  describeAccess(instruction, reference);
  if (field.kind == EncodedField::Kind::ripRelative) {
    reference.kind = ReferenceKind::data;
    holdsImageBase_ |= reference.target == 0;
  } else {
    const bool callsFunction =
        instruction.flow == Flow::call && std::ranges::find(scopeBlocks_, reference.target) == scopeBlocks_.end();
    reference.kind = callsFunction ? ReferenceKind::call : ReferenceKind::branch;
  }
  if (isOpen_ && staysInside(instruction, reference))
    furthestTarget_ = std::max(furthestTarget_, reference.target);
  found_.push_back(reference);
}

// Whether what a field refers to shows that the function goes on up to there.
bool ReferenceScanner::staysInside(const Instruction &instruction, const Reference &reference) const {
  if (!range_.contains(reference.target) || beginsBehindFiller(reference.target))
    return false;
  // ARM64's `adr x9, case` in front of `br x9`. Addresses of functions are made in two halves.
  if (reference.kind == ReferenceKind::data)
    return reference.form == FieldForm::arm64Address21;
  // Where control arrives anyway no compiler jumps to, but for a tail call to the function behind; only at -O0, and
  // then every function has a frame, and with it a size of its own where there are unwind tables.
  const bool isToNext = instruction.flow == Flow::branch && reference.target == instruction.end();
  return reference.kind == ReferenceKind::branch && (!isToNext || image_.machine() == Machine::x86);
}

// Another function's beginning: `jne OtherFunction`. Linkers fill with breakpoints, compilers do not fill at all
// between the blocks of a function, or with nops; but a breakpoint can stand behind a call that does not come back.
bool ReferenceScanner::beginsBehindFiller(uint32_t rva) const {
  constexpr uint8_t breakpoint = 0xCC;
  constexpr uint32_t callSize = 5, importCallSize = 6;
  if (image_.machine() == Machine::arm64 || rva % functionAlignment != 0 || rva - range_.rva <= importCallSize ||
      byteAt(rva - 1) != breakpoint)
    return false;
  const bool isBehindCall = byteAt(rva - 1 - callSize) == 0xE8 ||
                            (byteAt(rva - 1 - importCallSize) == 0xFF && byteAt(rva - importCallSize) == 0x15);
  return byteAt(rva - 2) == breakpoint || !isBehindCall;
}

// False for an immediate: what `mov dword ptr [edi + 8], offset Handler` accesses is not what it names.
bool ReferenceScanner::isDisplacement(const Instruction &instruction, const EncodedField &field) const {
  constexpr uint8_t addressBytes = 4;
  const auto head = x86::readHead(bytes_.subspan(instruction.rva - range_.rva), image_.is64());
  if (!head)
    return true;
  if (head->displacement == addressBytes)
    return field.offset == head->size;
  const bool hasModrmAddress = instruction.hasBaseRegister || instruction.hasIndexRegister;
  return instruction.accessWidth != 0 && !hasModrmAddress; // `mov eax, [address]` can do without ModRM
}

void ReferenceScanner::followArm64(const Instruction &instruction) {
  const auto found = arm64_.follow(instruction, read32le(&bytes_[instruction.rva - range_.rva]));
  if (found.completed)
    addAddress(instruction, *found.completed);
  if (found.load)
    noteLoad(*found.load, instruction);
}

// An address in two halves: both fields refer to it, each in the range that it lies in. An adrp that serves several
// addresses refers to the first.
void ReferenceScanner::addAddress(const Instruction &instruction, const Arm64Addresses::Completed &completed) {
  if (range_.contains(instruction.rva))
    found_.push_back({instruction.rva, instruction.rva, completed.target, instruction.size, ReferenceKind::data,
                      FieldForm::arm64Offset12, instruction.accessWidth, instruction.mayStore});
  if (completed.adrp && range_.contains(*completed.adrp))
    found_.push_back({*completed.adrp, *completed.adrp, completed.target, instruction.size, ReferenceKind::data,
                      FieldForm::arm64Address21});
}

// MSVC gives the parts of a shrink-wrapped function ranges of their own, one directly behind the other, and pages go
// from one to the next in registers.
void ReferenceScanner::followRangesBefore() {
  arm64_ = {};
  const auto ranges = image_.functionRanges();
  const auto self = std::ranges::lower_bound(ranges, range_.rva, {}, &FunctionRange::begin);
  if (self == ranges.end() || self->begin != range_.rva)
    return;
  auto first = self;
  while (first != ranges.begin() && std::prev(first)->end == first->begin && self - first < mostNeighbours &&
         range_.rva - std::prev(first)->begin <= mostNeighbourBytes)
    --first;
  for (auto range = first; range != self; ++range)
    followRange(*range);
  arm64_.beginRange(range_.rva);
}

void ReferenceScanner::followRangesBehind() {
  const auto ranges = image_.functionRanges();
  auto range = std::ranges::lower_bound(ranges, range_.end(), {}, &FunctionRange::begin);
  uint32_t end = range_.end();
  for (ptrdiff_t count = 0; range != ranges.end() && range->begin == end && count < mostNeighbours &&
                            range->end - range_.end() <= mostNeighbourBytes;
       ++range, ++count) {
    if (!arm64_.hasUnusedPage(range_.rva, range_.end()) || !followRange(*range))
      return;
    end = range->end;
  }
}

// False when it does not decode to its end.
bool ReferenceScanner::followRange(const FunctionRange &range) {
  auto bytes = image_.bytesFrom(range.begin);
  bytes = bytes.first(std::min<size_t>(bytes.size(), range.end - range.begin));
  arm64_.beginRange(range.begin);
  Instruction instruction;
  for (size_t at = 0; at < bytes.size(); at += instruction.size) {
    if (!decoder_.decode(bytes.subspan(at), static_cast<uint32_t>(range.begin + at), instruction))
      return false;
    if (const auto found = arm64_.follow(instruction, read32le(&bytes[at])); found.completed)
      addAddress(instruction, *found.completed);
  }
  return true;
}

// What an address is made for tells data from functions, and the load comes later: `adr x9, table`, `ldrb w8, [x9,
// w8]`.
void ReferenceScanner::noteLoad(const Arm64Addresses::Load &load, const Instruction &instruction) {
  constexpr ptrdiff_t furthest = 256; // references back
  noteTable(load.from, instruction);
  const auto end = found_.rbegin() + std::min(std::ssize(found_), furthest);
  const auto maker = std::find_if(found_.rbegin(), end,
                                  [&](const Reference &reference) { return reference.instruction == load.maker; });
  if (maker == end)
    return;
  maker->accessWidth = std::max(maker->accessWidth, instruction.accessWidth);
  maker->spreads |= load.maker != instruction.rva; // the register may walk on, or have an index added
}

// Fields come in ascending order, so that the relocations are walked once.
bool ReferenceScanner::isAbsolute(const EncodedField &field, Reference &reference) {
  const uint8_t pointerType = image_.is64() ? llvm::COFF::IMAGE_REL_BASED_DIR64 : llvm::COFF::IMAGE_REL_BASED_HIGHLOW;
  if (field.size != (image_.is64() ? 8 : 4))
    return false;
  const auto relocations = image_.relocations();
  while (nextRelocation_ < relocations.size() && relocations[nextRelocation_].rva < reference.field)
    ++nextRelocation_;
  if (nextRelocation_ == relocations.size() || relocations[nextRelocation_].rva != reference.field ||
      relocations[nextRelocation_].type != pointerType)
    return false;
  const auto address =
      image_.is64() ? static_cast<uint64_t>(field.value) : uint64_t{static_cast<uint32_t>(field.value)};
  const auto target = image_.rvaOfAddress(address);
  reference.target = target.value_or(0);
  return target.has_value();
}

// A 32-bit displacement behind a base and an index register, in a function that loads the image's base. ModRM and SIB
// in front of it tell it from an immediate.
bool ReferenceScanner::isImageRelative(const Instruction &instruction, const EncodedField &field) const {
  if (!holdsImageBase_ || field.size != 4 || field.offset < 3 || image_.machine() != Machine::x64 ||
      !(instruction.mayLoad || instruction.mayStore))
    return false;
  const uint32_t at = instruction.rva + field.offset - range_.rva;
  const uint8_t modrm = bytes_[at - 2];
  const bool hasSib = (modrm >> 6) == 2 && (modrm & 7) == 4;
  constexpr int64_t firstPage = 0x1000; // the headers: no code refers there
  return hasSib && field.value >= firstPage && field.value < image_.sizeOfImage() &&
         image_.sectionAt(static_cast<uint32_t>(field.value)) != nullptr;
}

// What is read as data and lies in the function is no code.
void ReferenceScanner::noteTable(uint32_t target, const Instruction &instruction) {
  if (!instruction.mayLoad || !isInFunction(target))
    return;
  const auto place = std::lower_bound(tables_.begin(), tables_.end(), target);
  if (place != tables_.end() && *place == target)
    return;
  tables_.insert(place, target);
  isLate_ |= target < instruction.end() || !range_.contains(target);
}

// Where the cases of a switch lie, so that the code behind its jump is not taken for another function. The table itself
// may lie behind the code or in read-only data. A case can be another function, and then only the number of cases tells
// that the table goes on.
void ReferenceScanner::lookAhead(const Reference &reference, const Instruction &instruction) {
  if (image_.is64() ? reference.kind != ReferenceKind::imageRelative : instruction.flow != Flow::indirectBranch)
    return;
  constexpr uint32_t mostCases = 4096;
  const auto known = switchBound_.casesOf(bytes_.subspan(instruction.rva - range_.rva, instruction.size));
  const uint32_t cases = std::min(known.value_or(mostCases), mostCases);
  const auto bytes = image_.bytesFrom(reference.target);
  for (uint32_t at = 0; at < 4 * cases && at + 4 <= bytes.size(); at += 4) {
    const uint32_t value = read32le(&bytes[at]);
    const auto target = image_.is64()                               ? std::optional(value)
                        : image_.isRelocated(reference.target + at) ? image_.rvaOfAddress(value)
                                                                    : std::nullopt;
    if (!target || (!known && !range_.contains(*target)))
      return;
    if (range_.contains(*target) && !beginsBehindFiller(*target))
      furthestTarget_ = std::max(furthestTarget_, *target);
  }
}

// A __finally is called behind the `mov esi, dword ptr [ebp - 28]` that restore registers in an unwind.
void ReferenceScanner::addScopeBlock(uint32_t rva) {
  constexpr uint8_t move = 0x8B, fromFrame = 0x45, registerBits = 0x38; // with a byte of displacement
  constexpr uint32_t moveSize = 3;
  constexpr uint32_t savedRegisters = 3;
  scopeBlocks_.push_back(rva);
  for (uint32_t i = 0; i < savedRegisters && range_.contains(rva + moveSize) && byteAt(rva) == move &&
                       (byteAt(rva + 1) & ~registerBits) == fromFrame;
       ++i)
    scopeBlocks_.push_back(rva += moveSize);
}

// Structured exception handling on x86: a prologue stores the address of a table. It has four numbers, or none
// (_except_handler3), and records of {enclosing record, filter, handler}. The handler lies in the function; the filter,
// if there is one, too, or is a function of its own. A __finally is a handler that the function calls itself.
void ReferenceScanner::followScopes(const Reference &reference) {
  constexpr uint32_t numbers = 16, record = 12, mostRecords = 64;
  constexpr size_t mostBlocks = 1024; // of a function; more is no compiler's work
  if (image_.machine() != Machine::x86 || scopeBlocks_.size() > mostBlocks)
    return;
  const auto bytes = image_.bytesFrom(reference.target);
  const auto blockAt = [&](uint32_t at) {
    const auto target =
        image_.isRelocated(reference.target + at) ? image_.rvaOfAddress(read32le(&bytes[at])) : std::nullopt;
    return target && range_.contains(*target) && !beginsBehindFiller(*target) ? target : std::nullopt;
  };
  for (const uint32_t begin : {numbers, 0U})
    for (uint32_t i = 0; i < mostRecords && begin + (i + 1) * record <= bytes.size(); ++i) {
      const uint32_t at = begin + i * record;
      const auto enclosing = static_cast<int32_t>(read32le(&bytes[at]));
      const auto handler = blockAt(at + 8);
      if (enclosing < -2 || enclosing >= static_cast<int32_t>(i) || !handler)
        break;
      furthestTarget_ = std::max({furthestTarget_, *handler, blockAt(at + 4).value_or(0)});
      addScopeBlock(*handler);
    }
}

uint32_t ReferenceScanner::readTable(size_t index) {
  const uint32_t begin = tables_[index];
  const auto limit = static_cast<uint32_t>(
      std::min<uint64_t>(index + 1 < tables_.size() ? tables_[index + 1] : range_.end(), range_.rva + bytes_.size()));
  uint32_t at = begin;
  for (; at + 4 <= limit; at += 4) {
    const auto target = tableEntry(at);
    if (!target)
      break;
    if (range_.contains(*target))
      furthestTarget_ = std::max(furthestTarget_, *target);
    const ReferenceKind kind = image_.is64() ? ReferenceKind::imageRelative : ReferenceKind::absolute;
    found_.push_back({at, at, *target, 4, kind});
  }
  if (at != begin)
    return at;
  // Not of addresses: `movzx eax, byte ptr [rdx + rax + table]`, the first step of a switch in two. It ends where the
  // next table or the range does; of a range without a known end no switch has more cases than a byte can tell.
  // ARM64's tables count from a label, and its constants stand in the code too, all behind the last instruction.
  constexpr uint32_t mostCases = 256;
  constexpr uint32_t instructionAlignment = 4; // ARM64
  const uint32_t openEnd = (begin + mostCases) & ~(instructionAlignment - 1);
  return isOpen_ ? std::min(limit, openEnd) : limit;
}

std::optional<uint32_t> ReferenceScanner::tableEntry(uint32_t at) const {
  if (image_.machine() == Machine::arm64)
    return std::nullopt;
  const uint32_t value = read32le(&bytes_[at - range_.rva]);
  if (image_.is64())
    return isInFunction(value) ? std::optional(value) : std::nullopt;
  const auto target = image_.isRelocated(at) ? image_.rvaOfAddress(value) : std::nullopt;
  return target && isInFunction(*target) ? target : std::nullopt;
}

bool ReferenceScanner::isInFunction(uint32_t rva) const { return range_.contains(rva) || function_.contains(rva); }

} // namespace hotgate::analyzer
