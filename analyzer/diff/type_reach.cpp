#include "analyzer/diff/type_reach.h"

#include "analyzer/code/pointer_walk.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <unordered_map>

namespace hotgate::analyzer {

std::string_view reachKindName(ReachKind kind) {
  switch (kind) {
  case ReachKind::embeddedIn:
    return "embedded in";
  case ReachKind::pointedToBy:
    return "pointed to by";
  case ReachKind::global:
    return "global";
  case ReachKind::globalPointer:
    return "global pointer";
  case ReachKind::usesGlobal:
    return "uses global";
  case ReachKind::local:
    return "local";
  case ReachKind::parameter:
    return "parameter";
  case ReachKind::pointer:
    return "pointer";
  case ReachKind::allocation:
    return "allocation";
  case ReachKind::allocationBySize:
    return "allocation of its size";
  case ReachKind::allocationOfUnknownSize:
    return "allocation of unknown size";
  case ReachKind::itsSize:
    return "its size";
  case ReachKind::unknownUse:
    return "unknown use";
  }
  return "";
}

namespace {

constexpr size_t functionsPerTask = 64;

bool isRecord(const TypeDifference &type) {
  return type.kind == "struct" || type.kind == "class" || type.kind == "union";
}

// The bits of an object that a member has in pre.
struct Bits {
  uint64_t begin = 0, end = 0;
};
Bits bitsOf(const FieldDifference &field) {
  const uint64_t begin = *field.preOffset * 8 + field.preBit.value_or(0);
  return {begin, begin + field.preBits};
}

class Finder {
public:
  Finder(const Program &pre, const std::vector<TypeDifference> &types, const Budget &budget)
      : pre_(pre), types_(types), budget_(budget), typed_(pre) {
    result_.ofTypes.resize(types.size());
    for (size_t i = 0; i < types.size(); ++i)
      if (types[i].preType != 0 && types[i].preSize && isRecord(types[i]))
        changed_.emplace(types[i].preType, i);
  }

  Result<TypeReaches> find() {
    if (changed_.empty())
      return std::move(result_);
    findHolders();
    findPointers();
    findVariables();
    HOTGATE_CHECK(findInFunctions());
    for (TypeReach &reach : result_.ofTypes) {
      std::ranges::sort(reach.places);
      reach.places.erase(std::unique(reach.places.begin(), reach.places.end()), reach.places.end());
      std::ranges::stable_sort(reach.uses, {}, &MemberUse::site);
    }
    return std::move(result_);
  }

private:
  using Indexes = std::set<size_t>; // of differences

  const TypeGraph &graph() const { return pre_.symbols().typeGraph; }

  // Which changed types are in which record: itself, and what it embeds.
  void findHolders() {
    std::unordered_map<TypeNumber, std::vector<TypeNumber>> holders;
    std::unordered_map<TypeNumber, const TypeLayout *> byNumber;
    for (const TypeLayout &layout : pre_.symbols().types) {
      byNumber.emplace(layout.type, &layout);
      for (const FieldLayout &field : layout.fields)
        if (field.kind == FieldKind::member || field.kind == FieldKind::base || field.kind == FieldKind::virtualBase)
          if (const TypeNumber inner = graph().elementRecord(field.type); inner != 0 && inner != layout.type)
            holders[inner].push_back(layout.type);
    }
    for (const auto &[number, index] : changed_) {
      std::vector<TypeNumber> work{number};
      while (!work.empty()) {
        const TypeNumber at = work.back();
        work.pop_back();
        if (budget_.isSpent())
          return; // findInFunctions() says it
        if (!holds_[at].insert(index).second)
          continue;
        if (at != number)
          add(index, {ReachKind::embeddedIn, byNumber.at(at)->name, std::nullopt, 0, 0});
        if (const auto found = holders.find(at); found != holders.end())
          work.insert(work.end(), found->second.begin(), found->second.end());
      }
    }
  }

  const Indexes &changedIn(TypeNumber record) const {
    static const Indexes none;
    const auto found = holds_.find(record);
    return found == holds_.end() ? none : found->second;
  }

  void add(size_t index, ReachedPlace place) { result_.ofTypes[index].places.push_back(std::move(place)); }

  void findPointers() {
    for (const TypeLayout &layout : pre_.symbols().types)
      for (const FieldLayout &field : layout.fields)
        if (field.kind == FieldKind::member)
          for (const size_t index : changedIn(pointedElement(field.type)))
            add(index, {ReachKind::pointedToBy, layout.name, std::nullopt, 0, 0});
  }

  // Of a pointer, or an array of pointers.
  TypeNumber pointedElement(TypeNumber type) const {
    const TypeShape shape = graph().shape(type);
    return graph().pointedRecord(shape.kind == TypeShape::Kind::array ? shape.target : type);
  }

  void findVariables() {
    for (const DataSymbol &symbol : pre_.symbols().data) {
      for (const size_t index : changedIn(graph().elementRecord(symbol.type)))
        add(index, {ReachKind::global, symbol.name, std::nullopt, symbol.rva, 0});
      for (const size_t index : changedIn(pointedElement(symbol.type)))
        add(index, {ReachKind::globalPointer, symbol.name, std::nullopt, symbol.rva, 0});
    }
  }

  Result<> findInFunctions() {
    HOTGATE_TRY([[maybe_unused]] const Decoder probe, Decoder::create(pre_.image().machine()));
    const auto decoder = [this] { return Decoder::create(pre_.image().machine()).value(); }; // as the probe was
    tbb::enumerable_thread_specific<PointerWalker> walkers([&] { return PointerWalker(typed_, decoder()); });
    decoders_.emplace(decoder);
    std::atomic<size_t> left = 0;
    tbb::parallel_for(tbb::blocked_range<size_t>(0, pre_.functions().size(), functionsPerTask), [&](const auto &range) {
      for (size_t i = range.begin(); i != range.end(); ++i)
        if (budget_.isSpent())
          ++left;
        else
          look(static_cast<FunctionIndex>(i), walkers.local());
    });
    if (left != 0)
      result_.incomplete =
          fmt::format("{}: {} of {} functions were not searched for uses of changed types: {}",
                      pre_.image().moduleName(), left.load(), pre_.functions().size(), budget_.reason());
    return {};
  }

  // What one function has to do with changed types; most have nothing, and are not decoded.
  struct Found {
    std::vector<std::pair<size_t, ReachedPlace>> places;
    std::vector<std::pair<size_t, MemberUse>> uses;
    Indexes handled; // types that the function has to do with
  };

  void look(FunctionIndex index, PointerWalker &walker) {
    Found found;
    const Function &function = pre_.functions()[index];
    findVariablesOf(function, index, found);
    findReferencesOf(function, index, found);
    if (mayTouch(function, found)) {
      const FunctionUse use = walker.walk(index);
      findUses(function, index, use, found);
    }
    if (found.places.empty() && found.uses.empty())
      return;
    for (auto &[type, use] : found.uses)
      use.text = textAt(use.site);
    const std::lock_guard lock(mutex_);
    for (auto &[type, place] : found.places)
      add(type, std::move(place));
    for (auto &[type, use] : found.uses)
      result_.ofTypes[type].uses.push_back(std::move(use));
  }

  // Without any of these it has no pointer to a struct at all. An allocation of a type's size needs none.
  bool mayTouch(const Function &function, const Found &found) const {
    if (!found.handled.empty())
      return true;
    const FunctionSymbol *procedure = typed_.procedure(function);
    return procedure != nullptr && (!procedure->places.empty() || !procedure->allocations.empty() ||
                                    graph().prototype(procedure->prototype) != nullptr);
  }

  void handle(size_t type, ReachKind kind, const Function &function, FunctionIndex index, uint32_t site, Found &found,
              uint64_t offset = 0) const {
    found.places.emplace_back(type, ReachedPlace{kind, function.name, index, site, offset});
    found.handled.insert(type);
  }

  // Parameters and local variables.
  void findVariablesOf(const Function &function, FunctionIndex index, Found &found) const {
    const FunctionSymbol *procedure = typed_.procedure(function);
    if (procedure == nullptr)
      return;
    for (const TypedPlace &place : procedure->places) {
      for (const size_t type : changedIn(graph().pointedRecord(place.type)))
        handle(type, ReachKind::pointer, function, index, 0, found);
      for (const size_t type : changedIn(graph().elementRecord(place.type)))
        handle(type, ReachKind::local, function, index, 0, found);
    }
    const Prototype *prototype = graph().prototype(procedure->prototype);
    if (prototype == nullptr)
      return;
    const auto add = [&](TypeNumber type, ReachKind kind) {
      for (const size_t changed : changedIn(graph().pointedRecord(type)))
        handle(changed, kind, function, index, 0, found);
      for (const size_t changed : changedIn(graph().elementRecord(type)))
        handle(changed, ReachKind::local, function, index, 0, found);
    };
    for (const TypeNumber parameter : prototype->parameters)
      add(parameter, ReachKind::parameter);
    add(prototype->returned, ReachKind::pointer);
    if (prototype->hasThis)
      for (const size_t changed : changedIn(graph().record(prototype->object)))
        handle(changed, ReachKind::parameter, function, index, 0, found);
  }

  void findReferencesOf(const Function &function, FunctionIndex index, Found &found) const {
    for (const Reference &reference : function.references) {
      if (reference.kind != ReferenceKind::data && reference.kind != ReferenceKind::absolute)
        continue;
      const DataSymbol *variable = typed_.variableAt(reference.target);
      if (variable == nullptr)
        continue;
      for (const size_t type : changedIn(graph().elementRecord(variable->type)))
        handle(type, ReachKind::usesGlobal, function, index, reference.instruction, found);
      for (const size_t type : changedIn(pointedElement(variable->type)))
        handle(type, ReachKind::usesGlobal, function, index, reference.instruction, found);
    }
  }

  void findUses(const Function &function, FunctionIndex index, const FunctionUse &use, Found &found) const {
    for (const RecordAccess &access : use.accesses) {
      for (const size_t type : changedIn(access.record))
        found.handled.insert(type);
      if (!access.offset) {
        for (const size_t type : changedIn(access.record))
          found.uses.emplace_back(type, MemberUse{index, access.site, {}, access.width, {}, access.writes, {}});
        continue;
      }
      typed_.layouts().at(access.record, *access.offset, [&](TypeNumber record, uint64_t offset) {
        if (const auto type = changed_.find(record); type != changed_.end())
          addMemberUses(type->second, index, access, offset, found);
      });
    }
    for (const AllocationCall &call : use.allocations)
      addAllocation(function, index, call, found);
    for (const size_t type : Indexes(found.handled))
      addSuspects(type, function, index, use, found);
  }

  void addMemberUses(size_t type, FunctionIndex index, const RecordAccess &access, uint64_t offset,
                     Found &found) const {
    const uint64_t begin = offset * 8;
    const uint64_t end = begin + uint64_t{std::max<uint8_t>(access.width, 1)} * 8;
    for (const FieldDifference &field : types_[type].fields) {
      if (field.status == FieldStatus::same || !field.preOffset || field.preBits == 0 ||
          field.kind > FieldKind::vtablePointer)
        continue;
      if (const Bits bits = bitsOf(field); bits.begin < end && begin < bits.end)
        found.uses.emplace_back(type,
                                MemberUse{index, access.site, offset, access.width, field.name, access.writes, {}});
    }
  }

  void addAllocation(const Function &function, FunctionIndex index, const AllocationCall &call, Found &found) const {
    if (call.saysType) {
      for (const size_t type : changedIn(call.record))
        handle(type, ReachKind::allocation, function, index, call.site, found);
      return;
    }
    for (const auto &[number, type] : changed_)
      if (call.size && *call.size == *types_[type].preSize)
        handle(type, ReachKind::allocationBySize, function, index, call.site, found);
      else if (!call.size && found.handled.contains(type))
        handle(type, ReachKind::allocationOfUnknownSize, function, index, call.site, found);
  }

  // What may be a use: numbers that are the type's size, accesses through an unknown register at a changed member.
  void addSuspects(size_t type, const Function &function, FunctionIndex index, const FunctionUse &use,
                   Found &found) const {
    for (const auto &[site, number] : use.numbers)
      if (number == static_cast<int64_t>(*types_[type].preSize))
        handle(type, ReachKind::itsSize, function, index, site, found);
    for (const UnknownAccess &access : use.unknown)
      for (const FieldDifference &field : types_[type].fields) {
        if (field.status == FieldStatus::same || !field.preOffset || field.kind > FieldKind::vtablePointer)
          continue;
        const int64_t begin = access.displacement * 8;
        const Bits bits = bitsOf(field);
        if (begin < static_cast<int64_t>(bits.end) &&
            static_cast<int64_t>(bits.begin) < begin + int64_t{std::max<uint8_t>(access.width, 1)} * 8)
          handle(type, ReachKind::unknownUse, function, index, access.site, found, *field.preOffset);
      }
  }

  std::string textAt(uint32_t rva) {
    Instruction instruction;
    std::string text;
    return decoders_->local().decodeWithText(pre_.image().bytesFrom(rva), rva, instruction, text) ? text
                                                                                                  : std::string();
  }

  const Program &pre_;
  const std::vector<TypeDifference> &types_;
  const Budget &budget_;
  TypedProgram typed_;
  std::map<TypeNumber, size_t> changed_;                             // definitions of pre that differ, by number
  std::unordered_map<TypeNumber, Indexes> holds_;                    // by record: which of them are in it
  std::optional<tbb::enumerable_thread_specific<Decoder>> decoders_; // for text
  TypeReaches result_;
  std::mutex mutex_; // of result_
};

} // namespace

Result<TypeReaches> reachOf(const Program &pre, const std::vector<TypeDifference> &types, const Budget &budget) {
  return Finder(pre, types, budget).find();
}

} // namespace hotgate::analyzer
