#include "analyzer/diff/pointer_flow.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace hotgate::analyzer {

namespace {

constexpr uint8_t x86StackPointer = 4;
constexpr uint8_t arm64StackPointer = 31;
constexpr size_t registerCount = 32;
constexpr size_t mostSlots = 128;     // of a frame that are followed
constexpr size_t mostArriving = 1024; // jumps under way whose states are kept

// What a register holds: an object and how far behind it.
struct Held {
  enum class Kind : uint8_t { unknown, object, stack, image, constant };
  Kind kind = Kind::unknown;
  uint32_t object = 0;
  int64_t offset = 0; // or the constant
  std::optional<ObjectAccess> loadedFrom = std::nullopt;

  [[nodiscard]] bool isSame(const Held &other) const {
    return kind == other.kind && object == other.object && offset == other.offset;
  }
};

struct State {
  std::array<Held, registerCount> registers;
  std::map<int64_t, Held> slots; // of the stack
};

// How a machine passes arguments, and what a callee may write.
struct Convention {
  uint8_t stackPointer;
  uint32_t clobbered;
  std::array<uint8_t, 4> arguments;
};

Convention conventionOf(Machine machine) {
  constexpr uint32_t x64Clobbered = 0x0F07, x86Clobbered = 0x0007, arm64Clobbered = 0x4007FFFF;
  switch (machine) {
  case Machine::x64:
    return {x86StackPointer, x64Clobbered, {1, 2, 8, 9}};
  case Machine::x86:
    return {x86StackPointer, x86Clobbered, {1, 2, Operands::none, Operands::none}};
  case Machine::arm64:
    return {arm64StackPointer, arm64Clobbered, {0, 1, 2, 3}};
  }
  return {};
}

class Follower {
public:
  explicit Follower(const OperationBody &body)
      : body_(body), machine_(body.program.image().machine()), convention_(conventionOf(machine_)),
        flows_(body.lines.size()) {
    collectJumps();
  }

  std::vector<LineFlow> follow() {
    begin(state_);
    bool reached = true;
    for (size_t i = 0; i < body_.lines.size(); ++i) {
      const OperationLine &line = body_.lines[i];
      const bool isLate = lateTargets_.contains(line.instruction.rva);
      if (const auto arriving = arriving_.find(line.instruction.rva); arriving != arriving_.end() && !isLate) {
        if (reached)
          meet(state_, arriving->second);
        else
          state_ = std::move(arriving->second);
        arriving_.erase(arriving);
      } else if (!reached || isLate) {
        state_ = {};
        begin(state_);
      }
      step(line, flows_[i]);
      reached = line.instruction.flow != Flow::branch && line.instruction.flow != Flow::indirectBranch &&
                line.instruction.flow != Flow::stop;
    }
    return std::move(flows_);
  }

private:
  void collectJumps() {
    for (const Reference &reference : body_.function.references) {
      const bool isTableEntry = std::ranges::any_of(
          body_.function.jumpTables, [&](const CodeRange &table) { return table.contains(reference.field); });
      if (isTableEntry && body_.function.contains(reference.target))
        lateTargets_.insert(reference.target); // from a place that the pass does not know
      else if (reference.kind == ReferenceKind::branch && body_.function.contains(reference.target) &&
               reference.target <= reference.instruction)
        loops_.push_back({reference.target, reference.instruction - reference.target + 1});
    }
    std::ranges::sort(loops_, {}, &CodeRange::rva);
    size_t last = 0;
    for (size_t i = 1; i < loops_.size(); ++i)
      if (loops_[i].rva <= loops_[last].end())
        loops_[last].size = std::max(loops_[last].end(), loops_[i].end()) - loops_[last].rva;
      else
        loops_[++last] = loops_[i];
    loops_.resize(std::min(loops_.size(), last + 1));
  }

  void begin(State &state) const { state.registers[convention_.stackPointer].kind = Held::Kind::stack; }

  static void meet(State &state, const State &other) {
    for (size_t i = 0; i < registerCount; ++i)
      if (!state.registers[i].isSame(other.registers[i]))
        state.registers[i] = {};
    std::erase_if(state.slots, [&](const auto &slot) {
      const auto found = other.slots.find(slot.first);
      return found == other.slots.end() || !found->second.isSame(slot.second);
    });
  }

  Held &held(uint8_t number) {
    Held &value = state_.registers[number];
    if (value.kind == Held::Kind::unknown)
      value = {Held::Kind::object, ++lastObject_, 0};
    return value;
  }

  // What the same way to it names: the pointer that lies there, the element of this array.
  uint32_t objectAt(uint32_t object, int64_t where) {
    const auto [found, isNew] = objects_.try_emplace({object, where}, lastObject_ + 1);
    lastObject_ += isNew ? 1 : 0;
    return found->second;
  }

  // Where a memory operand or an address leads.
  Held placeOf(const OperationLine &line) {
    const Operands &operands = line.operands;
    if (line.isAddressed() || operands.base == Operands::none)
      return {Held::Kind::image, 0, 0};
    Held place = held(operands.base);
    place.loadedFrom.reset();
    if (place.kind == Held::Kind::constant)
      place = {Held::Kind::object, ++lastObject_, 0};
    if (operands.index != Operands::none && place.kind == Held::Kind::object) {
      const Held &index = held(operands.index);
      const bool isBytes = operands.scale <= 1 && index.kind == Held::Kind::object;
      // Which of the two is called the base is the compiler's choice.
      const uint32_t first = isBytes ? std::min(place.object, index.object) : place.object;
      const uint32_t second = isBytes ? std::max(place.object, index.object) : 0;
      constexpr int64_t elements = int64_t{1} << 40; // apart from every displacement
      place = {Held::Kind::object, objectAt(first, elements + second), place.offset};
    }
    if (__builtin_add_overflow(place.offset, operands.displacement, &place.offset))
      place = {Held::Kind::object, ++lastObject_, 0};
    return place;
  }

  void step(const OperationLine &line, LineFlow &flow) {
    const Operands &operands = line.operands;
    const bool touchesMemory = operands.base != Operands::none || operands.effect == Effect::address;
    const Held place = touchesMemory ? placeOf(line) : Held{};
    if (touchesMemory && place.kind == Held::Kind::object)
      flow.access = ObjectAccess{place.object, place.offset};
    flow.isDirect = flow.access && operands.effect != Effect::address && place.offset == operands.displacement;
    flow.isStride =
        flow.access && operands.isArithmetic && operands.base == operands.target && isInLoop(line.instruction.rva);
    noteBits(operands, flow);
    if (line.instruction.flow == Flow::call || line.instruction.flow == Flow::indirectCall || isTailCall(line))
      return call(flow);
    const Held result = resultOf(line, place);
    if (operands.effect == Effect::store && place.kind == Held::Kind::stack)
      storeToSlot(operands, place);
    // The stack pointer stays what it is: on x64 and ARM64 it moves in prologue and epilogue only.
    for (uint8_t number = 0; number < registerCount; ++number)
      if ((operands.written >> number & 1) != 0 && number != convention_.stackPointer)
        state_.registers[number] = {};
    if (operands.target < registerCount && operands.target != convention_.stackPointer &&
        operands.effect != Effect::other && operands.effect != Effect::store)
      state_.registers[operands.target] = result;
    else if (operands.changesBits && operands.target < registerCount && operands.target != convention_.stackPointer &&
             flow.bitsFrom)
      state_.registers[operands.target] = {Held::Kind::object, ++lastObject_, 0, flow.bitsFrom};
    arriveAtTargets(line);
  }

  bool isTailCall(const OperationLine &line) const {
    return line.instruction.flow == Flow::branch && !line.references.empty() &&
           !body_.function.contains(line.references[0].target);
  }

  void noteBits(const Operands &operands, LineFlow &flow) {
    if (!operands.changesBits)
      return;
    if (operands.base != Operands::none)
      flow.bitsFrom = flow.access;
    else if (const uint8_t from = machine_ == Machine::arm64 ? operands.source : operands.target; from < registerCount)
      flow.bitsFrom = state_.registers[from].loadedFrom;
  }

  Held resultOf(const OperationLine &line, const Held &place) {
    const Operands &operands = line.operands;
    switch (operands.effect) {
    case Effect::copy:
      return operands.source < registerCount ? held(operands.source) : Held{};
    case Effect::constant:
      return line.references.empty() && operands.immediate ? Held{Held::Kind::constant, 0, *operands.immediate}
                                                           : Held{Held::Kind::image, 0, 0};
    case Effect::address:
      return place;
    case Effect::load:
      return loaded(place);
    case Effect::store:
    case Effect::other:
      break;
    }
    return {};
  }

  Held loaded(const Held &place) {
    if (place.kind == Held::Kind::stack && machine_ != Machine::x86) {
      Held &slot = state_.slots[place.offset];
      if (slot.kind == Held::Kind::unknown)
        slot = {Held::Kind::object, ++lastObject_, 0};
      return slot;
    }
    if (place.kind != Held::Kind::object)
      return {Held::Kind::object, ++lastObject_, 0};
    return {Held::Kind::object, objectAt(place.object, place.offset), 0, ObjectAccess{place.object, place.offset}};
  }

  void storeToSlot(const Operands &operands, const Held &place) {
    if (operands.source < registerCount && state_.slots.size() < mostSlots)
      state_.slots[place.offset] = held(operands.source);
    else
      state_.slots.erase(place.offset);
  }

  void call(LineFlow &flow) {
    for (size_t i = 0; i < convention_.arguments.size(); ++i)
      if (const uint8_t number = convention_.arguments[i]; number < registerCount)
        if (const Held &argument = state_.registers[number]; argument.kind == Held::Kind::constant)
          flow.arguments[i] = argument.offset;
    for (uint8_t number = 0; number < registerCount; ++number)
      if ((convention_.clobbered >> number & 1) != 0)
        state_.registers[number] = {};
  }

  void arriveAtTargets(const OperationLine &line) {
    for (const Reference &reference : line.references)
      if (reference.kind == ReferenceKind::branch && reference.target > line.instruction.rva &&
          body_.function.contains(reference.target)) {
        const auto found = arriving_.find(reference.target);
        if (found != arriving_.end())
          meet(found->second, state_);
        else if (arriving_.size() < mostArriving)
          arriving_.emplace(reference.target, state_);
        else
          lateTargets_.insert(reference.target);
      }
  }

  bool isInLoop(uint32_t rva) const {
    const auto next = std::ranges::upper_bound(loops_, rva, {}, &CodeRange::rva);
    return next != loops_.begin() && std::prev(next)->contains(rva);
  }

  const OperationBody &body_;
  Machine machine_;
  Convention convention_;
  std::vector<LineFlow> flows_;
  State state_;
  std::unordered_map<uint32_t, State> arriving_; // by RVA of a jump's target further on
  std::unordered_set<uint32_t> lateTargets_;     // reached from a jump table
  std::vector<CodeRange> loops_;                 // from a backward jump's target to the jump; apart, ascending
  std::map<std::pair<uint32_t, int64_t>, uint32_t> objects_;
  uint32_t lastObject_ = 0;
};

} // namespace

std::vector<LineFlow> followPointers(const OperationBody &body) { return Follower(body).follow(); }

} // namespace hotgate::analyzer
