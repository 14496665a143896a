#include "analyzer/diff/type_diff.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <unordered_map>

namespace hotgate::analyzer {

std::string_view fieldStatusName(FieldStatus status) {
  switch (status) {
  case FieldStatus::same:
    return "same";
  case FieldStatus::moved:
    return "moved";
  case FieldStatus::retyped:
    return "retyped";
  case FieldStatus::added:
    return "added";
  case FieldStatus::removed:
    return "removed";
  }
  return "";
}

namespace {

// A lambda is named by a number that every lambda in front of it changes.
bool hasNoIdentity(const TypeLayout &type) { return type.name.find("<lambda") != std::string::npos; }

uint64_t bitsOf(const FieldLayout &field) {
  constexpr uint64_t mostBytes = UINT64_C(1) << 60;
  return field.bitWidth != 0 ? field.bitWidth : std::min(field.size, mostBytes) * 8;
}

FieldDifference paired(const FieldLayout &pre, const FieldLayout &post) {
  const bool isRetyped = pre.typeName != post.typeName || pre.kind != post.kind;
  const bool isMoved = pre.offset != post.offset || pre.bitOffset != post.bitOffset;
  FieldDifference result{
      pre.name,     isRetyped ? FieldStatus::retyped : isMoved ? FieldStatus::moved : FieldStatus::same,
      pre.offset,   post.offset,
      pre.typeName, post.typeName,
      post.kind};
  if (pre.kind == FieldKind::bitField)
    result.preBit = pre.bitOffset;
  if (post.kind == FieldKind::bitField)
    result.postBit = post.bitOffset;
  result.preBits = bitsOf(pre);
  result.postBits = bitsOf(post);
  return result;
}

FieldDifference alone(const FieldLayout &field, FieldStatus status) {
  const bool isAdded = status == FieldStatus::added;
  FieldDifference result{field.name, status, {}, {}, {}, {}, field.kind};
  (isAdded ? result.postOffset : result.preOffset) = field.offset;
  (isAdded ? result.postType : result.preType) = field.typeName;
  (isAdded ? result.postBits : result.preBits) = bitsOf(field);
  if (field.kind == FieldKind::bitField)
    (isAdded ? result.postBit : result.preBit) = field.bitOffset;
  return result;
}

// Which members are one: of the same name and type, and then of the same name. Overloads share a name.
class FieldPairing {
public:
  FieldPairing(const TypeLayout &pre, const TypeLayout &post)
      : pre_(pre.fields), post_(post.fields), toPost_(pre_.size(), none), isTaken_(post_.size(), false) {
    for (size_t i = 0; i < post_.size(); ++i)
      byName_.emplace_back(post_[i].name, i);
    std::ranges::sort(byName_);
    pairUp([](const FieldLayout &a, const FieldLayout &b) { return a.kind == b.kind && a.typeName == b.typeName; });
    pairUp([](const FieldLayout &a, const FieldLayout &b) {
      return (a.kind == FieldKind::virtualMethod) == (b.kind == FieldKind::virtualMethod);
    });
  }

  [[nodiscard]] std::vector<FieldDifference> differences() const {
    std::vector<FieldDifference> result;
    result.reserve(std::max(pre_.size(), post_.size()));
    for (size_t i = 0; i < pre_.size(); ++i)
      result.push_back(toPost_[i] == none ? alone(pre_[i], FieldStatus::removed) : paired(pre_[i], post_[toPost_[i]]));
    for (size_t i = 0; i < post_.size(); ++i)
      if (!isTaken_[i])
        result.push_back(alone(post_[i], FieldStatus::added));
    std::ranges::stable_sort(result, {}, [](const FieldDifference &f) {
      return std::tuple(f.kind == FieldKind::virtualMethod, f.postOffset.value_or(f.preOffset.value_or(0)),
                        f.postBit.value_or(f.preBit.value_or(0)));
    });
    return result;
  }

private:
  static constexpr size_t none = SIZE_MAX;

  template <class Match> void pairUp(const Match &match) {
    for (size_t i = 0; i < pre_.size(); ++i) {
      if (toPost_[i] != none)
        continue;
      constexpr size_t mostTried = 64; // overloads of one name; unnamed padding fields of a damaged list
      const auto first = std::ranges::lower_bound(byName_, std::string_view(pre_[i].name), {},
                                                  [](const auto &entry) { return entry.first; });
      size_t tried = 0;
      for (auto at = first; at != byName_.end() && at->first == pre_[i].name && tried < mostTried; ++at, ++tried)
        if (!isTaken_[at->second] && match(pre_[i], post_[at->second])) {
          toPost_[i] = at->second;
          isTaken_[at->second] = true;
          break;
        }
    }
  }

  const std::vector<FieldLayout> &pre_;
  const std::vector<FieldLayout> &post_;
  std::vector<size_t> toPost_;
  std::vector<bool> isTaken_;
  std::vector<std::pair<std::string_view, size_t>> byName_; // of post
};

TypeDifference alone(std::span<const TypeLayout *const> definitions, ChangeStatus status) {
  const bool added = status == ChangeStatus::added;
  const TypeLayout &type = *definitions.front();
  TypeDifference result{type.name, type.kind, status, std::nullopt, std::nullopt, {}};
  (added ? result.postDefinitions : result.preDefinitions) = definitions.size();
  (added ? result.preDefinitions : result.postDefinitions) = 0;
  result.isAmbiguous = definitions.size() > 1;
  if (result.isAmbiguous)
    return result;
  (added ? result.postSize : result.preSize) = type.size;
  (added ? result.postType : result.preType) = type.type;
  (added ? result.postUnderlying : result.preUnderlying) = type.underlying;
  for (const FieldLayout &field : type.fields)
    result.fields.push_back(alone(field, added ? FieldStatus::added : FieldStatus::removed));
  return result;
}

bool isChanged(const FieldDifference &field) { return field.status != FieldStatus::same; }

void diffPair(const TypeLayout &pre, const TypeLayout &post, std::vector<TypeDifference> &result) {
  std::vector<FieldDifference> fields = FieldPairing(pre, post).differences();
  if (std::ranges::none_of(fields, isChanged) && pre.size == post.size && pre.kind == post.kind &&
      pre.underlying == post.underlying)
    return;
  TypeDifference difference{pre.name, post.kind, ChangeStatus::changed, pre.size, post.size, std::move(fields)};
  difference.preUnderlying = pre.underlying;
  difference.postUnderlying = post.underlying;
  difference.preType = pre.type;
  difference.postType = post.type;
  result.push_back(std::move(difference));
}

using Definitions = std::vector<const TypeLayout *>;

// The definitions of `these` that are not among `others`.
Definitions without(std::span<const TypeLayout> these, std::span<const TypeLayout> others) {
  Definitions left;
  for (const TypeLayout &type : these)
    if (std::ranges::none_of(others, [&](const TypeLayout &other) { return type.saysTheSame(other); }))
      left.push_back(&type);
  return left;
}

void diffName(std::span<const TypeLayout> pre, std::span<const TypeLayout> post, std::vector<TypeDifference> &result) {
  if (pre.size() == 1 && post.size() == 1 && pre.front().saysTheSame(post.front()))
    return;
  const Definitions preLeft = without(pre, post);
  const Definitions postLeft = without(post, pre);
  if (preLeft.empty() && postLeft.empty())
    return;
  if (pre.empty() || post.empty()) {
    result.push_back(pre.empty() ? alone(postLeft, ChangeStatus::added) : alone(preLeft, ChangeStatus::removed));
    return;
  }
  const size_t before = result.size();
  if (preLeft.size() == 1 && postLeft.size() == 1) {
    diffPair(*preLeft.front(), *postLeft.front(), result);
  } else {
    result.push_back({pre.front().name, post.front().kind, ChangeStatus::changed, std::nullopt, std::nullopt, {}});
    result.back().isAmbiguous = true;
  }
  if (result.size() != before) {
    result.back().preDefinitions = pre.size();
    result.back().postDefinitions = post.size();
  }
}

// Finds out which changed types are so only because they hold others that changed.
class Causes {
public:
  Causes(const Symbols &pre, std::vector<TypeDifference> &types) : pre_(pre), types_(types) {
    for (size_t i = 0; i < types_.size(); ++i)
      if (types_[i].status == ChangeStatus::changed && types_[i].preType != 0)
        byNumber_.emplace(types_[i].preType, i);
  }

  void find() {
    for (const TypeLayout &layout : pre_.types)
      if (const auto changed = byNumber_.find(layout.type); changed != byNumber_.end())
        if (types_[changed->second].name == layout.name)
          findOf(types_[changed->second], layout);
    keepWhatHasARoot();
  }

private:
  const TypeDifference *changedElement(TypeNumber type) const {
    const auto found = byNumber_.find(pre_.typeGraph.elementDefinition(type));
    return found == byNumber_.end() ? nullptr : &types_[found->second];
  }

  void findOf(TypeDifference &type, const TypeLayout &layout) const {
    if (type.preUnderlying != type.postUnderlying || std::ranges::any_of(type.fields, [](const FieldDifference &f) {
          return isChanged(f) && f.status != FieldStatus::moved;
        }))
      return;
    std::vector<std::string> held;
    for (const FieldLayout &field : layout.fields)
      if (field.takesBytes())
        if (const TypeDifference *element = changedElement(field.type); element != nullptr && element != &type)
          held.push_back(element->name);
    if (held.empty() || !movesBehindChangedMembers(type, layout) || !slotsMoveWithABase(type, layout))
      return;
    std::ranges::sort(held);
    held.erase(std::unique(held.begin(), held.end()), held.end());
    type.causes = std::move(held);
  }

  // Members keep their order, and the distance from one to the next changes only beside a member that changed inside
  // (behind it, because it grew, or in front of it, because its alignment did).
  bool movesBehindChangedMembers(const TypeDifference &type, const TypeLayout &layout) const {
    std::map<std::string_view, const FieldLayout *> byName;
    for (const FieldLayout &field : layout.fields)
      byName.emplace(field.name, &field);
    std::vector<const FieldDifference *> inOrder;
    for (const FieldDifference &field : type.fields)
      if (field.kind <= FieldKind::vtablePointer)
        inOrder.push_back(&field);
    std::ranges::stable_sort(inOrder, {}, [](const auto *field) { return std::pair(field->preOffset, field->preBit); });
    uint64_t distance = 0; // how far the member before moved
    bool wasChanged = false;
    for (size_t i = 0; i < inOrder.size(); ++i) {
      const FieldDifference &field = *inOrder[i];
      if (field.preBit != field.postBit || (i != 0 && *field.postOffset < *inOrder[i - 1]->postOffset))
        return false;
      const auto known = byName.find(field.name);
      const bool changes = known != byName.end() && changedElement(known->second->type) != nullptr;
      if (*field.postOffset - *field.preOffset != distance && !changes && !wasChanged)
        return false;
      distance = *field.postOffset - *field.preOffset;
      wasChanged = changes;
    }
    return true;
  }

  bool slotsMoveWithABase(const TypeDifference &type, const TypeLayout &layout) const {
    if (std::ranges::none_of(type.fields, [](const FieldDifference &field) {
          return field.kind == FieldKind::virtualMethod && isChanged(field);
        }))
      return true;
    return std::ranges::any_of(layout.fields, [&](const FieldLayout &field) {
      if (field.kind != FieldKind::base)
        return false;
      const TypeDifference *base = changedElement(field.type);
      return base != nullptr && std::ranges::any_of(base->fields, [](const FieldDifference &inner) {
               return inner.kind == FieldKind::virtualMethod && isChanged(inner);
             });
    });
  }

  // A damaged PDB can make types hold each other: then each is a root.
  void keepWhatHasARoot() {
    std::map<std::string_view, bool> isRooted;
    for (const TypeDifference &type : types_)
      isRooted[type.name] = isRooted[type.name] || type.causes.empty();
    for (bool isGrowing = true; isGrowing;) {
      isGrowing = false;
      for (const TypeDifference &type : types_)
        if (!isRooted[type.name] &&
            std::ranges::any_of(type.causes, [&](const std::string &cause) { return isRooted[cause]; }))
          isGrowing = isRooted[type.name] = true;
    }
    for (TypeDifference &type : types_)
      if (!isRooted[type.name])
        type.causes.clear();
  }

  const Symbols &pre_;
  std::vector<TypeDifference> &types_;
  std::unordered_map<TypeNumber, size_t> byNumber_; // changed types, by number in pre
};

} // namespace

std::vector<TypeDifference> diffTypes(const Symbols &pre, const Symbols &post) {
  std::vector<TypeDifference> result;
  const auto endOfName = [](auto first, auto last) {
    return std::find_if(first, last, [&](const TypeLayout &type) { return type.name != first->name; });
  };
  auto a = pre.types.begin();
  auto b = post.types.begin();
  while (a != pre.types.end() || b != post.types.end()) {
    const bool takesPre = b == post.types.end() || (a != pre.types.end() && a->name <= b->name);
    const bool takesPost = a == pre.types.end() || (b != post.types.end() && b->name <= a->name);
    const auto nextA = takesPre ? endOfName(a, pre.types.end()) : a;
    const auto nextB = takesPost ? endOfName(b, post.types.end()) : b;
    if (!hasNoIdentity(takesPre ? *a : *b))
      diffName({a, nextA}, {b, nextB}, result);
    a = nextA;
    b = nextB;
  }
  Causes(pre, result).find();
  return result;
}

} // namespace hotgate::analyzer
