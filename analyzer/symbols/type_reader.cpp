#include "analyzer/symbols/type_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <llvm/DebugInfo/CodeView/CVTypeVisitor.h>
#include <llvm/DebugInfo/CodeView/TypeDeserializer.h>
#include <llvm/DebugInfo/CodeView/TypeVisitorCallbacks.h>
#include <optional>

namespace hotgate::analyzer {

namespace cv = llvm::codeview;

namespace {

constexpr int maximumDepth = 24;           // pointer to array of pointer to ...: real code stays under 8
constexpr int maximumContinuations = 4096; // field lists of one type; each holds up to 64 KiB

template <class Record> std::optional<Record> as(cv::CVType type) {
  Record record(static_cast<cv::TypeRecordKind>(type.kind()));
  if (auto error = cv::TypeDeserializer::deserializeAs<Record>(type, record)) {
    llvm::consumeError(std::move(error));
    return std::nullopt;
  }
  return record;
}

bool isPlaceholder(const cv::TagRecord &tag) {
  return (tag.getOptions() & cv::ClassOptions::ForwardReference) != cv::ClassOptions::None;
}

struct Tag {
  std::string name;
  const char *kind;
  uint64_t size;
  cv::TypeIndex fieldList;
  cv::TypeIndex underlying; // of an enum
};

// A complete struct, class, union or enum, else nullopt.
std::optional<Tag> asCompleteTag(const cv::CVType &type) {
  switch (type.kind()) {
  case cv::LF_STRUCTURE:
  case cv::LF_CLASS:
  case cv::LF_INTERFACE:
    if (auto record = as<cv::ClassRecord>(type); record && !isPlaceholder(*record))
      return Tag{record->getName().str(),
                 type.kind() == cv::LF_STRUCTURE ? "struct" : "class",
                 record->getSize(),
                 record->getFieldList(),
                 {}};
    return std::nullopt;
  case cv::LF_UNION:
    if (auto record = as<cv::UnionRecord>(type); record && !isPlaceholder(*record))
      return Tag{record->getName().str(), "union", record->getSize(), record->getFieldList(), {}};
    return std::nullopt;
  case cv::LF_ENUM:
    if (auto record = as<cv::EnumRecord>(type); record && !isPlaceholder(*record))
      return Tag{record->getName().str(), "enum", 0, record->getFieldList(), record->getUnderlyingType()};
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

uint64_t simpleSize(cv::TypeIndex index) {
  if (index.getSimpleMode() != cv::SimpleTypeMode::Direct)
    return index.getSimpleMode() == cv::SimpleTypeMode::NearPointer64 ? 8 : 4;
  switch (index.getSimpleKind()) {
  case cv::SimpleTypeKind::SignedCharacter:
  case cv::SimpleTypeKind::UnsignedCharacter:
  case cv::SimpleTypeKind::NarrowCharacter:
  case cv::SimpleTypeKind::Character8:
  case cv::SimpleTypeKind::SByte:
  case cv::SimpleTypeKind::Byte:
  case cv::SimpleTypeKind::Boolean8:
    return 1;
  case cv::SimpleTypeKind::WideCharacter:
  case cv::SimpleTypeKind::Character16:
  case cv::SimpleTypeKind::Int16Short:
  case cv::SimpleTypeKind::UInt16Short:
  case cv::SimpleTypeKind::Int16:
  case cv::SimpleTypeKind::UInt16:
  case cv::SimpleTypeKind::Boolean16:
    return 2;
  case cv::SimpleTypeKind::Character32:
  case cv::SimpleTypeKind::Int32Long:
  case cv::SimpleTypeKind::UInt32Long:
  case cv::SimpleTypeKind::Int32:
  case cv::SimpleTypeKind::UInt32:
  case cv::SimpleTypeKind::Boolean32:
  case cv::SimpleTypeKind::Float32:
  case cv::SimpleTypeKind::HResult:
    return 4;
  case cv::SimpleTypeKind::Int64Quad:
  case cv::SimpleTypeKind::UInt64Quad:
  case cv::SimpleTypeKind::Int64:
  case cv::SimpleTypeKind::UInt64:
  case cv::SimpleTypeKind::Boolean64:
  case cv::SimpleTypeKind::Float64:
    return 8;
  case cv::SimpleTypeKind::Int128:
  case cv::SimpleTypeKind::UInt128:
  case cv::SimpleTypeKind::Int128Oct:
  case cv::SimpleTypeKind::UInt128Oct:
  case cv::SimpleTypeKind::Float128:
    return 16;
  default:
    return 0;
  }
}

class FieldCollector : public cv::TypeVisitorCallbacks {
public:
  FieldCollector(const TypeReader &types, std::vector<FieldLayout> &fields, int depth)
      : types_(types), fields_(fields), depth_(depth) {}

  // Where the list goes on, when it does not fit one record.
  std::optional<cv::TypeIndex> continuation;

  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::DataMemberRecord &member) override {
    const std::string name = member.getName().str();
    fields_.push_back({name, member.getFieldOffset(), types_.name(member.getType())});
    for (FieldLayout &inner : types_.unnamedFields(member.getType(), depth_ + 1))
      fields_.push_back({name + "." + inner.name, member.getFieldOffset() + inner.offset, std::move(inner.typeName)});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::BaseClassRecord &base) override {
    const std::string name = types_.name(base.getBaseType());
    fields_.push_back({"base " + name, base.getBaseOffset(), name});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::VFPtrRecord &) override {
    fields_.push_back({"vfptr", 0, "vtable pointer"});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::EnumeratorRecord &enumerator) override {
    fields_.push_back(
        {enumerator.getName().str(), static_cast<uint64_t>(enumerator.getValue().getExtValue()), "enumerator"});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::ListContinuationRecord &next) override {
    continuation = next.getContinuationIndex();
    return llvm::Error::success();
  }

private:
  const TypeReader &types_;
  std::vector<FieldLayout> &fields_;
  int depth_;
};

} // namespace

TypeReader::TypeReader(llvm::pdb::TpiStream &types)
    : count_(types.getNumTypeRecords()), records_(types.typeArray(), count_, types.getTypeIndexOffsets()) {
  for (auto index = records_.getFirst(); index; index = records_.getNext(*index)) {
    if (auto tag = asCompleteTag(records_.getType(*index)); tag && tag->size != 0)
      completeSizes_.emplace_back(std::move(tag->name), tag->size);
  }
  std::stable_sort(completeSizes_.begin(), completeSizes_.end(),
                   [](const auto &a, const auto &b) { return a.first < b.first; });
}

bool TypeReader::readable(cv::TypeIndex index) const {
  return !index.isSimple() && !index.isDecoratedItemId() && index.toArrayIndex() < count_;
}

uint64_t TypeReader::completeSize(std::string_view name) const {
  const auto found = std::lower_bound(completeSizes_.begin(), completeSizes_.end(), name,
                                      [](const auto &entry, std::string_view wanted) { return entry.first < wanted; });
  return found != completeSizes_.end() && found->first == name ? found->second : 0;
}

std::string TypeReader::argumentNames(cv::TypeIndex list, int depth) const {
  std::string text;
  if (!readable(list))
    return text;
  const auto arguments = as<cv::ArgListRecord>(records_.getType(list));
  if (!arguments)
    return text;
  for (const cv::TypeIndex argument : arguments->getIndices())
    text += (text.empty() ? "" : ", ") + name(argument, depth + 1);
  return text;
}

std::string TypeReader::name(cv::TypeIndex index, int depth) const {
  if (index.isSimple())
    return cv::TypeIndex::simpleTypeName(index).str();
  const auto [entry, isNew] = names_.try_emplace(index.getIndex(), fmt::format("<type 0x{:x}>", index.getIndex()));
  if (!isNew)
    return entry->second;
  constexpr size_t longestName = 4096;
  std::string spelled = spelledName(index, depth);
  if (spelled.size() > longestName)
    spelled.resize(longestName);
  return names_[index.getIndex()] = std::move(spelled);
}

std::string TypeReader::spelledName(cv::TypeIndex index, int depth) const {
  const auto unreadable = [&] { return fmt::format("<type 0x{:x}>", index.getIndex()); };
  if (!readable(index) || depth > maximumDepth)
    return unreadable();
  const cv::CVType type = records_.getType(index);
  switch (type.kind()) {
  case cv::LF_POINTER:
    if (auto record = as<cv::PointerRecord>(type)) {
      const bool reference = record->getMode() == cv::PointerMode::LValueReference ||
                             record->getMode() == cv::PointerMode::RValueReference;
      return name(record->getReferentType(), depth + 1) + (reference ? " &" : " *") +
             (record->isConst() ? " const" : "");
    }
    return unreadable();
  case cv::LF_MODIFIER:
    if (auto record = as<cv::ModifierRecord>(type)) {
      const bool isConst = (record->getModifiers() & cv::ModifierOptions::Const) != cv::ModifierOptions::None;
      const bool isVolatile = (record->getModifiers() & cv::ModifierOptions::Volatile) != cv::ModifierOptions::None;
      return std::string(isConst ? "const " : "") + (isVolatile ? "volatile " : "") +
             name(record->getModifiedType(), depth + 1);
    }
    return unreadable();
  case cv::LF_ARRAY:
    if (auto record = as<cv::ArrayRecord>(type)) {
      const uint64_t element = size(record->getElementType(), depth + 1);
      return fmt::format("{}[{}]", name(record->getElementType(), depth + 1),
                         element == 0 ? record->getSize() : record->getSize() / element);
    }
    return unreadable();
  case cv::LF_BITFIELD:
    if (auto record = as<cv::BitFieldRecord>(type))
      return fmt::format("{}:{} at bit {}", name(record->getType(), depth + 1), unsigned{record->getBitSize()},
                         unsigned{record->getBitOffset()});
    return unreadable();
  case cv::LF_PROCEDURE:
    if (auto record = as<cv::ProcedureRecord>(type))
      return fmt::format("{} ({})", name(record->getReturnType(), depth + 1),
                         argumentNames(record->getArgumentList(), depth));
    return unreadable();
  case cv::LF_MFUNCTION:
    if (auto record = as<cv::MemberFunctionRecord>(type))
      return fmt::format("{} {}::({})", name(record->getReturnType(), depth + 1),
                         name(record->getClassType(), depth + 1), argumentNames(record->getArgumentList(), depth));
    return unreadable();
  default: {
    const llvm::StringRef tagName = records_.getTypeName(index);
    return tagName.empty() ? unreadable() : tagName.str();
  }
  }
}

uint64_t TypeReader::size(cv::TypeIndex index, int depth) const {
  if (index.isSimple())
    return simpleSize(index);
  if (!readable(index) || depth > maximumDepth)
    return 0;
  const cv::CVType type = records_.getType(index);
  switch (type.kind()) {
  case cv::LF_POINTER:
    if (auto record = as<cv::PointerRecord>(type))
      return record->getSize();
    return 0;
  case cv::LF_MODIFIER:
    if (auto record = as<cv::ModifierRecord>(type))
      return size(record->getModifiedType(), depth + 1);
    return 0;
  case cv::LF_ARRAY:
    if (auto record = as<cv::ArrayRecord>(type))
      return record->getSize();
    return 0;
  case cv::LF_BITFIELD:
    if (auto record = as<cv::BitFieldRecord>(type))
      return size(record->getType(), depth + 1);
    return 0;
  case cv::LF_ENUM:
    if (auto record = as<cv::EnumRecord>(type))
      return size(record->getUnderlyingType(), depth + 1);
    return 0;
  default:
    if (auto tag = asCompleteTag(type))
      return tag->size;
    return completeSize(records_.getTypeName(index).str());
  }
}

std::vector<FieldLayout> TypeReader::unnamedFields(cv::TypeIndex index, int depth) const {
  constexpr int deepest = 6; // union in struct in union: real code stays under 4
  if (!readable(index) || depth > deepest)
    return {};
  const auto tag = asCompleteTag(records_.getType(index));
  const bool isUnnamed = tag && (tag->name.empty() || tag->name.find("<unnamed") != std::string::npos ||
                                 tag->name.find("__unnamed") != std::string::npos);
  return isUnnamed ? fields(tag->fieldList, depth) : std::vector<FieldLayout>();
}

std::vector<FieldLayout> TypeReader::fields(cv::TypeIndex fieldList, int depth) const {
  std::vector<FieldLayout> result;
  FieldCollector collector(*this, result, depth);
  for (int lists = 0; lists < maximumContinuations && readable(fieldList); ++lists) {
    const auto record = as<cv::FieldListRecord>(records_.getType(fieldList));
    if (!record)
      break;
    collector.continuation.reset();
    if (auto error = cv::visitMemberRecordStream(record->Data, collector)) {
      llvm::consumeError(std::move(error));
      break;
    }
    if (!collector.continuation)
      break;
    fieldList = *collector.continuation;
  }
  return result;
}

std::vector<TypeLayout> TypeReader::layouts() const {
  std::vector<TypeLayout> result;
  for (auto index = records_.getFirst(); index; index = records_.getNext(*index)) {
    auto tag = asCompleteTag(records_.getType(*index));
    if (!tag)
      continue;
    const uint64_t bytes = tag->kind == std::string_view("enum") ? size(tag->underlying) : tag->size;
    result.push_back({std::move(tag->name), tag->kind, bytes, fields(tag->fieldList, 0)});
  }
  std::stable_sort(result.begin(), result.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
  result.erase(std::unique(result.begin(), result.end(), [](const auto &a, const auto &b) { return a.name == b.name; }),
               result.end());
  return result;
}

} // namespace hotgate::analyzer
