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
constexpr size_t longestName = 4096;
constexpr uint64_t charactersPerByte = 16;     // that may be spelled of a type stream: real ones need under 1
constexpr uint64_t spareCharacters = 1U << 20; // a PDB without types names the types of its data all the same

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

// The name of a struct, class, union or enum, complete or not, or of a vtable's shape; else "".
std::string recordName(const cv::CVType &type) {
  switch (type.kind()) {
  case cv::LF_STRUCTURE:
  case cv::LF_CLASS:
  case cv::LF_INTERFACE: {
    const auto record = as<cv::ClassRecord>(type);
    return record ? record->getName().str() : "";
  }
  case cv::LF_UNION: {
    const auto record = as<cv::UnionRecord>(type);
    return record ? record->getName().str() : "";
  }
  case cv::LF_ENUM: {
    const auto record = as<cv::EnumRecord>(type);
    return record ? record->getName().str() : "";
  }
  case cv::LF_VTSHAPE: {
    const auto record = as<cv::VFTableShapeRecord>(type);
    return record ? fmt::format("<vftable {} methods>", record->getEntryCount()) : "";
  }
  default:
    return "";
  }
}

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

} // namespace

class FieldCollector : public cv::TypeVisitorCallbacks {
public:
  FieldCollector(const TypeReader &types, std::vector<FieldLayout> &fields, int depth)
      : types_(types), fields_(fields), depth_(depth) {}

  // Where the list goes on, when it does not fit one record.
  std::optional<cv::TypeIndex> continuation;

  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::DataMemberRecord &member) override {
    const std::string name = member.getName().str();
    if (!types_.spend(name.size() + perField))
      return llvm::Error::success();
    fields_.push_back({name, member.getFieldOffset(), types_.name(member.getType())});
    for (FieldLayout &inner : types_.unnamedFields(member.getType(), depth_ + 1))
      if (types_.spend(name.size() + inner.name.size() + inner.typeName.size() + perField))
        fields_.push_back({name + "." + inner.name, member.getFieldOffset() + inner.offset, std::move(inner.typeName)});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::BaseClassRecord &base) override {
    const std::string name = types_.name(base.getBaseType());
    if (types_.spend(name.size() + perField))
      fields_.push_back({"base " + name, base.getBaseOffset(), name});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::VFPtrRecord &) override {
    if (types_.spend(perField))
      fields_.push_back({"vfptr", 0, "vtable pointer"});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::EnumeratorRecord &enumerator) override {
    if (types_.spend(enumerator.getName().size() + perField))
      fields_.push_back(
          {enumerator.getName().str(), static_cast<uint64_t>(enumerator.getValue().getExtValue()), "enumerator"});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::ListContinuationRecord &next) override {
    continuation = next.getContinuationIndex();
    return llvm::Error::success();
  }

private:
  static constexpr size_t perField = 8; // its offset

  const TypeReader &types_;
  std::vector<FieldLayout> &fields_;
  int depth_;
};

TypeReader::TypeReader(const llvm::pdb::TpiStream &types)
    : records_(types), budget_(charactersPerByte * records_.streamSize() + spareCharacters) {
  for (const cv::CVType &type : records_.all())
    if (auto tag = asCompleteTag(type); tag && tag->size != 0)
      completeSizes_.emplace_back(std::move(tag->name), tag->size);
  std::stable_sort(completeSizes_.begin(), completeSizes_.end(),
                   [](const auto &a, const auto &b) { return a.first < b.first; });
}

std::string TypeReader::damage() const {
  if (records_.isDamaged())
    return fmt::format("type record {:#x} is cut off", cv::TypeIndex::FirstNonSimpleIndex + records_.all().size());
  if (budget_ == 0)
    return fmt::format("its {} type records repeat each other without end", records_.all().size());
  return {};
}

bool TypeReader::spend(size_t characters) const {
  budget_ -= std::min<uint64_t>(budget_, characters);
  return budget_ != 0;
}

uint64_t TypeReader::completeSize(std::string_view name) const {
  const auto found = std::lower_bound(completeSizes_.begin(), completeSizes_.end(), name,
                                      [](const auto &entry, std::string_view wanted) { return entry.first < wanted; });
  return found != completeSizes_.end() && found->first == name ? found->second : 0;
}

std::string TypeReader::argumentNames(cv::TypeIndex list, int depth) const {
  std::string text;
  const cv::CVType *type = records_.find(list);
  const auto arguments = type == nullptr ? std::nullopt : as<cv::ArgListRecord>(*type);
  if (!arguments)
    return text;
  for (const cv::TypeIndex argument : arguments->getIndices()) {
    if (text.size() > longestName)
      break;
    text += (text.empty() ? "" : ", ") + name(argument, depth + 1);
  }
  return text;
}

std::string TypeReader::name(cv::TypeIndex index, int depth) const {
  if (index.isSimple())
    return cv::TypeIndex::simpleTypeName(index).str();
  const auto [entry, isNew] = names_.try_emplace(index.getIndex(), fmt::format("<type 0x{:x}>", index.getIndex()));
  if (!spend(entry->second.size()) || !isNew)
    return entry->second;
  std::string spelled = spelledName(index, depth);
  if (spelled.size() > longestName)
    spelled.resize(longestName);
  return names_[index.getIndex()] = std::move(spelled);
}

std::string TypeReader::spelledName(cv::TypeIndex index, int depth) const {
  const auto unreadable = [&] { return fmt::format("<type 0x{:x}>", index.getIndex()); };
  const cv::CVType *found = records_.find(index);
  if (found == nullptr || depth > maximumDepth)
    return unreadable();
  const cv::CVType &type = *found;
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
    std::string tagName = recordName(type);
    return tagName.empty() ? unreadable() : tagName;
  }
  }
}

uint64_t TypeReader::size(cv::TypeIndex index, int depth) const {
  if (index.isSimple())
    return simpleSize(index);
  const cv::CVType *found = records_.find(index);
  if (found == nullptr || depth > maximumDepth)
    return 0;
  const cv::CVType &type = *found;
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
    return completeSize(recordName(type));
  }
}

std::vector<FieldLayout> TypeReader::unnamedFields(cv::TypeIndex index, int depth) const {
  constexpr int deepest = 6; // union in struct in union: real code stays under 4
  const cv::CVType *type = records_.find(index);
  if (type == nullptr || depth > deepest)
    return {};
  const auto tag = asCompleteTag(*type);
  const bool isUnnamed = tag && (tag->name.empty() || tag->name.find("<unnamed") != std::string::npos ||
                                 tag->name.find("__unnamed") != std::string::npos);
  return isUnnamed ? fields(tag->fieldList, depth) : std::vector<FieldLayout>();
}

std::vector<FieldLayout> TypeReader::fields(cv::TypeIndex fieldList, int depth) const {
  std::vector<FieldLayout> result;
  FieldCollector collector(*this, result, depth);
  for (int lists = 0; lists < maximumContinuations; ++lists) {
    const cv::CVType *type = records_.find(fieldList);
    const auto record = type == nullptr ? std::nullopt : as<cv::FieldListRecord>(*type);
    if (!record || budget_ == 0)
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
  for (const cv::CVType &type : records_.all()) {
    auto tag = asCompleteTag(type);
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
