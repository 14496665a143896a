#include "analyzer/code/arm64_addresses.h"

#include <algorithm>
#include <limits>

namespace hotgate::analyzer {

namespace {

unsigned destination(uint32_t word) { return word & 0x1F; }
unsigned base(uint32_t word) { return (word >> 5) & 0x1F; }

// `mov x27, x0`
bool isCopy(uint32_t word) { return (word & 0xFFE0FFE0) == 0xAA0003E0; }
unsigned source(uint32_t word) { return (word >> 16) & 0x1F; }

// A 64-bit `add` without a shift; with an access by unsigned offset, this is what IMAGE_REL_ARM64_PAGEOFFSET_12A and
// _12L apply to.
bool isAddition(uint32_t word) { return (word & 0xFFC00000) == 0x91000000; }
bool hasUnsignedOffset(uint32_t word) { return (word & 0x3B000000) == 0x39000000; }

constexpr uint32_t keptByCallee = 0x3FF80000; // x19 to x29

std::optional<uint32_t> asRva(int64_t value) {
  if (value < 0 || value > std::numeric_limits<uint32_t>::max())
    return std::nullopt;
  return static_cast<uint32_t>(value);
}

} // namespace

const Arm64Addresses::Value *Arm64Addresses::Registers::find(unsigned number) const {
  return (known >> number & 1) != 0 ? &values[number] : nullptr;
}

void Arm64Addresses::Registers::merge(const Registers &other) {
  for (unsigned number = 0; number < values.size(); ++number) {
    const Value *theirs = other.find(number);
    if (theirs == nullptr)
      continue;
    const Value *ours = find(number);
    if (ours != nullptr && *ours != *theirs) {
      known &= ~(1U << number);
    } else {
      values[number] = *theirs;
      known |= 1U << number;
    }
  }
}

Arm64Addresses::Found Arm64Addresses::follow(const Instruction &instruction, uint32_t word) {
  arrive(instruction);
  Found found;
  found.completed = complete(instruction, word);
  found.load = findLoad(instruction, word);
  write(instruction, word, result(instruction, word, found.completed));
  leave(instruction);
  return found;
}

void Arm64Addresses::beginRange(uint32_t rva) {
  if (!isReached_ && !ahead_.contains(rva))
    registers_.known &= keptByCallee;
}

bool Arm64Addresses::hasUnusedPage(uint32_t begin, uint32_t end) const {
  const auto isUnused = [&](const Value &value) {
    return value.isPage && value.maker >= begin && value.maker < end && !usedPages_.contains(value.maker);
  };
  const auto hasAny = [&](const Registers &registers) {
    for (unsigned number = 0; number < registers.values.size(); ++number)
      if (const Value *value = registers.find(number); value != nullptr && isUnused(*value))
        return true;
    return false;
  };
  return hasAny(registers_) ||
         std::any_of(ahead_.begin(), ahead_.end(), [&](const auto &branch) { return hasAny(branch.second); });
}

void Arm64Addresses::arrive(const Instruction &instruction) {
  const auto branches = ahead_.find(instruction.rva);
  if (branches == ahead_.end())
    return;
  if (isReached_)
    registers_.merge(branches->second);
  else
    registers_ = branches->second;
  ahead_.erase(branches);
}

void Arm64Addresses::leave(const Instruction &instruction) {
  constexpr size_t mostTargets = 4096; // waiting at once; more is no compiler's work
  const bool isBranch = instruction.flow == Flow::branch || instruction.flow == Flow::conditionalBranch;
  isReached_ =
      instruction.flow != Flow::branch && instruction.flow != Flow::indirectBranch && instruction.flow != Flow::stop;
  const auto target = isBranch && instruction.fieldCount != 0 ? asRva(instruction.fields[0].value) : std::nullopt;
  if (!target || *target <= instruction.rva || ahead_.size() >= mostTargets)
    return;
  const auto [waiting, isNew] = ahead_.try_emplace(*target, registers_);
  if (!isNew)
    waiting->second.merge(registers_);
}

std::optional<Arm64Addresses::Completed> Arm64Addresses::complete(const Instruction &instruction, uint32_t word) {
  if (!isAddition(word) && !hasUnsignedOffset(word))
    return std::nullopt;
  const Value *page = registers_.find(base(word));
  if (page == nullptr || !page->isPage)
    return std::nullopt;
  const auto target = asRva(page->rva + instruction.fields[0].value);
  if (!target)
    return std::nullopt;
  const bool isFirstUse = usedPages_.insert(page->maker).second;
  return Completed{*target, isFirstUse ? std::optional(page->maker) : std::nullopt};
}

std::optional<Arm64Addresses::Load> Arm64Addresses::findLoad(const Instruction &instruction, uint32_t word) const {
  if (!instruction.mayLoad || instruction.accessWidth == 0)
    return std::nullopt;
  const bool hasField = instruction.fieldCount != 0;
  const bool isLiteral = hasField && instruction.fields[0].form == FieldForm::arm64Literal19;
  const Value *address = isLiteral ? nullptr : registers_.find(base(word));
  if (!isLiteral && (address == nullptr || address->isPage))
    return std::nullopt;
  const auto from = asRva((isLiteral ? 0 : address->rva) + (hasField ? instruction.fields[0].value : 0));
  if (!from)
    return std::nullopt;
  return Load{*from, isLiteral ? instruction.rva : address->maker};
}

// What the instruction leaves in its destination.
std::optional<Arm64Addresses::Value> Arm64Addresses::result(const Instruction &instruction, uint32_t word,
                                                            const std::optional<Completed> &completed) const {
  if (completed && isAddition(word))
    return Value{completed->target, false, instruction.rva};
  if (isCopy(word)) {
    const Value *copied = registers_.find(source(word));
    return copied != nullptr ? std::optional(*copied) : std::nullopt;
  }
  if (instruction.fieldCount == 0 || instruction.fields[0].form != FieldForm::arm64Address21)
    return std::nullopt;
  const bool isPage = instruction.fields[0].kind == EncodedField::Kind::page;
  return Value{instruction.fields[0].value, isPage, instruction.rva};
}

void Arm64Addresses::write(const Instruction &instruction, uint32_t word, const std::optional<Value> &value) {
  registers_.known &= ~instruction.writtenRegisters;
  if (instruction.flow == Flow::call || instruction.flow == Flow::indirectCall)
    registers_.known &= keptByCallee;
  if (value) {
    registers_.values[destination(word)] = *value;
    registers_.known |= instruction.writtenRegisters; // none when it is xzr
  }
}

} // namespace hotgate::analyzer
