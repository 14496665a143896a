#include "analyzer/diff/type_diff.h"

#include <algorithm>

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

bool isUnnamed(const TypeLayout &type) {
  return type.name.empty() || type.name.find("<unnamed") != std::string::npos ||
         type.name.find("<lambda") != std::string::npos || type.name.find("__unnamed") != std::string::npos;
}

FieldDifference paired(const FieldLayout &pre, const FieldLayout &post) {
  const FieldStatus status = pre.typeName != post.typeName ? FieldStatus::retyped
                             : pre.offset != post.offset   ? FieldStatus::moved
                                                           : FieldStatus::same;
  return {pre.name, status, pre.offset, post.offset, pre.typeName, post.typeName};
}

std::vector<FieldDifference> diffFields(const TypeLayout &pre, const TypeLayout &post) {
  std::vector<FieldDifference> result;
  std::vector<bool> taken(post.fields.size(), false);
  for (const FieldLayout &field : pre.fields) {
    size_t partner = post.fields.size();
    for (size_t i = 0; i < post.fields.size() && partner == post.fields.size(); ++i)
      if (!taken[i] && post.fields[i].name == field.name)
        partner = i;
    if (partner == post.fields.size()) {
      result.push_back({field.name, FieldStatus::removed, field.offset, std::nullopt, field.typeName, {}});
    } else {
      taken[partner] = true;
      result.push_back(paired(field, post.fields[partner]));
    }
  }
  for (size_t i = 0; i < post.fields.size(); ++i)
    if (!taken[i])
      result.push_back(
          {post.fields[i].name, FieldStatus::added, std::nullopt, post.fields[i].offset, {}, post.fields[i].typeName});
  std::stable_sort(result.begin(), result.end(), [](const FieldDifference &a, const FieldDifference &b) {
    return a.postOffset.value_or(a.preOffset.value_or(0)) < b.postOffset.value_or(b.preOffset.value_or(0));
  });
  return result;
}

TypeDifference alone(const TypeLayout &type, ChangeStatus status) {
  const bool added = status == ChangeStatus::added;
  TypeDifference result{type.name, type.kind, status, std::nullopt, std::nullopt, {}};
  (added ? result.postSize : result.preSize) = type.size;
  for (const FieldLayout &field : type.fields) {
    FieldDifference difference{field.name, added ? FieldStatus::added : FieldStatus::removed, {}, {}, {}, {}};
    (added ? difference.postOffset : difference.preOffset) = field.offset;
    (added ? difference.postType : difference.preType) = field.typeName;
    result.fields.push_back(std::move(difference));
  }
  return result;
}

void diffPair(const TypeLayout &pre, const TypeLayout &post, std::vector<TypeDifference> &result) {
  std::vector<FieldDifference> fields = diffFields(pre, post);
  const bool sameFields =
      std::all_of(fields.begin(), fields.end(), [](const FieldDifference &f) { return f.status == FieldStatus::same; });
  if (sameFields && pre.size == post.size && pre.kind == post.kind)
    return;
  result.push_back({pre.name, post.kind, ChangeStatus::changed, pre.size, post.size, std::move(fields)});
}

} // namespace

std::vector<TypeDifference> diffTypes(const Symbols &pre, const Symbols &post) {
  std::vector<TypeDifference> result;
  auto a = pre.types.begin();
  auto b = post.types.begin();
  while (a != pre.types.end() || b != post.types.end()) {
    if (a != pre.types.end() && isUnnamed(*a))
      ++a;
    else if (b != post.types.end() && isUnnamed(*b))
      ++b;
    else if (b == post.types.end() || (a != pre.types.end() && a->name < b->name))
      result.push_back(alone(*a++, ChangeStatus::removed));
    else if (a == pre.types.end() || b->name < a->name)
      result.push_back(alone(*b++, ChangeStatus::added));
    else
      diffPair(*a++, *b++, result);
  }
  return result;
}

} // namespace hotgate::analyzer
