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
  std::string_view name; // in the record
  const char *kind;
  uint64_t size;
  cv::TypeIndex fieldList;
  cv::TypeIndex underlying; // of an enum
};

// The name of a struct, class, union or enum, complete or not; else "".
std::string_view recordName(const cv::CVType &type) {
  switch (type.kind()) {
  case cv::LF_STRUCTURE:
  case cv::LF_CLASS:
  case cv::LF_INTERFACE: {
    const auto record = as<cv::ClassRecord>(type);
    return record ? std::string_view(record->getName()) : "";
  }
  case cv::LF_UNION: {
    const auto record = as<cv::UnionRecord>(type);
    return record ? std::string_view(record->getName()) : "";
  }
  case cv::LF_ENUM: {
    const auto record = as<cv::EnumRecord>(type);
    return record ? std::string_view(record->getName()) : "";
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
      return Tag{record->getName(),
                 type.kind() == cv::LF_STRUCTURE ? "struct" : "class",
                 record->getSize(),
                 record->getFieldList(),
                 {}};
    return std::nullopt;
  case cv::LF_UNION:
    if (auto record = as<cv::UnionRecord>(type); record && !isPlaceholder(*record))
      return Tag{record->getName(), "union", record->getSize(), record->getFieldList(), {}};
    return std::nullopt;
  case cv::LF_ENUM:
    if (auto record = as<cv::EnumRecord>(type); record && !isPlaceholder(*record))
      return Tag{record->getName(), "enum", 0, record->getFieldList(), record->getUnderlyingType()};
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
    FieldLayout field = plain(FieldKind::member, name, member.getFieldOffset(), member.getType());
    setBits(member.getType(), field);
    fields_.push_back(std::move(field));
    for (FieldLayout &inner : types_.unnamedFields(member.getType(), depth_ + 1))
      if (types_.spend(name.size() + inner.name.size() + inner.typeName.size() + perField)) {
        inner.name = name + (inner.name.starts_with('[') ? "" : ".") + inner.name;
        inner.offset += member.getFieldOffset();
        fields_.push_back(std::move(inner));
      }
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::BaseClassRecord &base) override {
    add(plain(FieldKind::base, "base " + types_.name(base.getBaseType()), base.getBaseOffset(), base.getBaseType()));
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &record, cv::VirtualBaseClassRecord &base) override {
    if (record.Kind == cv::LF_IVBCLASS)
      return llvm::Error::success(); // a base's own
    FieldLayout field = plain(FieldKind::virtualBase, "virtual base " + types_.name(base.getBaseType()),
                              base.getVBPtrOffset(), base.getBaseType());
    field.size = types_.size(base.getVBPtrType());
    field.typeName = fmt::format("{}, entry {}", field.typeName, base.getVTableIndex());
    add(std::move(field));
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::VFPtrRecord &pointer) override {
    FieldLayout field{"vfptr", 0, "vtable pointer", FieldKind::vtablePointer};
    field.size = types_.size(pointer.getType());
    add(std::move(field));
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::StaticDataMemberRecord &member) override {
    add(plain(FieldKind::staticMember, member.getName().str(), 0, member.getType()));
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::OneMethodRecord &method) override {
    addMethod(method, method.getName());
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::OverloadedMethodRecord &overloads) override {
    const cv::CVType *type = types_.records_.find(overloads.getMethodList());
    if (const auto list = type == nullptr ? std::nullopt : as<cv::MethodOverloadListRecord>(*type))
      for (const cv::OneMethodRecord &method : list->getMethods())
        addMethod(method, overloads.getName());
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::EnumeratorRecord &enumerator) override {
    // A damaged one can be wider than 64 bits.
    const llvm::APSInt value = enumerator.getValue().extOrTrunc(64);
    add({enumerator.getName().str(), value.getZExtValue(), "enumerator", FieldKind::enumerator});
    return llvm::Error::success();
  }
  llvm::Error visitKnownMember(cv::CVMemberRecord &, cv::ListContinuationRecord &next) override {
    continuation = next.getContinuationIndex();
    return llvm::Error::success();
  }

private:
  static constexpr size_t perField = 8; // its offset

  void add(FieldLayout field) {
    if (types_.spend(field.name.size() + perField))
      fields_.push_back(std::move(field));
  }

  FieldLayout plain(FieldKind kind, std::string name, uint64_t offset, cv::TypeIndex type) const {
    FieldLayout field{std::move(name), offset, types_.embeddedName(type, 0), kind};
    field.size = types_.size(type);
    field.type = type.getIndex();
    return field;
  }

  // The type's name says how wide the field is, not where: a field that moves keeps its type.
  void setBits(cv::TypeIndex type, FieldLayout &field) const {
    const cv::CVType *record = types_.records_.find(type);
    if (record == nullptr || record->kind() != cv::LF_BITFIELD)
      return;
    if (const auto bits = as<cv::BitFieldRecord>(*record)) {
      field.kind = FieldKind::bitField;
      field.bitOffset = bits->getBitOffset();
      field.bitWidth = bits->getBitSize();
    }
  }

  void addMethod(const cv::OneMethodRecord &method, llvm::StringRef name) {
    if (!method.isIntroducingVirtual())
      return;
    FieldLayout field{name.str(), static_cast<uint32_t>(method.getVFTableOffset()), types_.name(method.getType()),
                      FieldKind::virtualMethod};
    field.type = method.getType().getIndex();
    add(std::move(field));
  }

  const TypeReader &types_;
  std::vector<FieldLayout> &fields_;
  int depth_;
};

// Types without a name of their own: they have no identity across builds, and the numbers that compilers give them
// ("<unnamed-type-$S3>") change with every edit. "<unnamed-type-pos>", named by the member that has it, is a name.
static bool isUnnamed(std::string_view name) {
  return name.empty() || name.find("<unnamed-tag>") != std::string_view::npos ||
         name.find("<unnamed-type-$") != std::string_view::npos ||
         name.find("<unnamed-enum-$") != std::string_view::npos || name.find("__unnamed") != std::string_view::npos;
}

TypeReader::TypeReader(const llvm::pdb::TpiStream &types)
    : records_(types), budget_(charactersPerByte * records_.streamSize() + spareCharacters),
      names_(records_.all().size()) {
  for (uint32_t i = 0; i < records_.all().size(); ++i)
    if (const auto tag = asCompleteTag(records_.all()[i]))
      complete_.push_back({tag->name, i, tag->size});
  std::stable_sort(complete_.begin(), complete_.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
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
  const auto [first, last] = std::equal_range(complete_.begin(), complete_.end(), Complete{name},
                                              [](const Complete &a, const Complete &b) { return a.name < b.name; });
  const auto found = std::find_if(first, last, [](const Complete &each) { return each.size != 0; });
  return found != last && !isUnnamed(name) ? found->size : 0;
}

// 0 for a name that has no definition, or several that differ.
TypeNumber TypeReader::definition(std::string_view name) const {
  if (isUnnamed(name) || std::ranges::binary_search(ambiguous_, name))
    return 0;
  const auto found = std::ranges::lower_bound(complete_, name, {}, &Complete::name);
  return found != complete_.end() && found->name == name ? sameAs_[found->array] : 0;
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
  if (records_.find(index) == nullptr || depth > maximumDepth)
    return fmt::format("<type 0x{:x}>", index.getIndex());
  std::string &entry = names_[index.toArrayIndex()];
  const bool isNew = entry.empty();
  if (isNew)
    entry = fmt::format("<type 0x{:x}>", index.getIndex());
  if (!spend(entry.size()) || !isNew)
    return entry;
  std::string spelled = spelledName(index, depth);
  if (spelled.size() > longestName)
    spelled.resize(longestName);
  return names_[index.toArrayIndex()] = std::move(spelled);
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
      return fmt::format("{}:{}", name(record->getType(), depth + 1), unsigned{record->getBitSize()});
    return unreadable();
  case cv::LF_VTSHAPE:
    if (auto record = as<cv::VFTableShapeRecord>(type))
      return fmt::format("<vftable {} methods>", record->getEntryCount());
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
    const auto tag = asCompleteTag(type);
    if (tag && isUnnamed(tag->name))
      return spelledMembers(tag->kind, tag->fieldList, depth);
    const std::string_view tagName = recordName(type);
    return tagName.empty() ? unreadable() : std::string(tagName);
  }
  }
}

// "<unnamed struct {int a@0; int b@4}>": it has nothing else to be known by.
std::string TypeReader::spelledMembers(const std::string &kind, cv::TypeIndex fieldList, int depth) const {
  constexpr int deepest = 4;
  if (depth > deepest)
    return "<unnamed " + kind + ">";
  std::string text;
  for (const FieldLayout &field : fields(fieldList, depth + 1))
    text += fmt::format("{}{} {}@{}", text.empty() ? "" : "; ", field.typeName, field.name, field.offset);
  return fmt::format("<unnamed {} {{{}}}>", kind, text);
}

// The same, where the members stand beside it.
std::string TypeReader::embeddedName(cv::TypeIndex index, int depth) const {
  const cv::CVType *type = records_.find(index);
  if (type == nullptr || depth > maximumDepth)
    return name(index);
  if (type->kind() == cv::LF_ARRAY)
    if (const auto array = as<cv::ArrayRecord>(*type)) {
      const uint64_t element = size(array->getElementType());
      return fmt::format("{}[{}]", embeddedName(array->getElementType(), depth + 1),
                         element == 0 ? array->getSize() : array->getSize() / element);
    }
  const auto tag = asCompleteTag(*type);
  return tag && isUnnamed(tag->name) ? fmt::format("<unnamed {}>", tag->kind) : name(index);
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

cv::TypeIndex TypeReader::throughModifiers(cv::TypeIndex index) const {
  for (int depth = 0; depth < maximumDepth; ++depth) {
    const cv::CVType *type = records_.find(index);
    const auto modifier =
        type != nullptr && type->kind() == cv::LF_MODIFIER ? as<cv::ModifierRecord>(*type) : std::nullopt;
    if (!modifier)
      break;
    index = modifier->getModifiedType();
  }
  return index;
}

std::vector<FieldLayout> TypeReader::unnamedFields(cv::TypeIndex index, int depth) const {
  constexpr int deepest = 6; // union in struct in union: real code stays under 4
  const cv::CVType *type = records_.find(throughModifiers(index));
  if (type == nullptr || depth > deepest)
    return {};
  if (type->kind() == cv::LF_ARRAY) {
    const auto array = as<cv::ArrayRecord>(*type);
    std::vector<FieldLayout> inner = array ? unnamedFields(array->getElementType(), depth + 1) : decltype(inner)();
    for (FieldLayout &field : inner)
      field.name.insert(0, field.name.starts_with('[') ? "[]" : "[].");
    return inner;
  }
  const auto tag = asCompleteTag(*type);
  return tag && tag->kind != std::string_view("enum") && isUnnamed(tag->name) ? fields(tag->fieldList, depth)
                                                                              : std::vector<FieldLayout>();
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

void TypeReader::addTypedef(std::string name, cv::TypeIndex type) {
  const cv::CVType *record = records_.find(type);
  if (!name.empty() && (record == nullptr || recordName(*record) != name) && spend(name.size()))
    typedefs_.push_back({std::move(name), type});
}

// Compilers write -1 of an enum of int as 4294967295 as well: only the underlying type tells.
static uint64_t asEnumerated(uint64_t value, uint64_t size, std::string_view underlying) {
  if (size == 0 || size >= sizeof(value))
    return value;
  const auto unused = static_cast<unsigned>(64 - 8 * size);
  const bool isUnsigned = underlying.starts_with("unsigned") || underlying == "bool" || underlying.ends_with("_t");
  return isUnsigned ? value << unused >> unused
                    : static_cast<uint64_t>(static_cast<int64_t>(value << unused) >> unused);
}

TypeLayout TypeReader::layoutOf(cv::TypeIndex index) const {
  const auto tag = asCompleteTag(*records_.find(index));
  TypeLayout layout{std::string(tag->name), tag->kind, tag->size, fields(tag->fieldList, 0)};
  layout.type = index.getIndex();
  if (layout.kind == "enum") {
    layout.size = size(tag->underlying);
    layout.underlying = name(tag->underlying);
    for (FieldLayout &enumerator : layout.fields)
      enumerator.offset = asEnumerated(enumerator.offset, layout.size, layout.underlying);
  }
  return layout;
}

std::vector<TypeLayout> TypeReader::layouts() const {
  std::vector<TypeLayout> result;
  result.reserve(complete_.size() + typedefs_.size());
  sameAs_.assign(records_.all().size(), 0);
  for (auto first = complete_.begin(); first != complete_.end();) {
    const auto last =
        std::find_if(first, complete_.end(), [&](const Complete &each) { return each.name != first->name; });
    addDefinitions({first, last}, result);
    first = last;
  }
  for (const Typedef &each : typedefs_)
    result.push_back(layoutOf(each));
  std::stable_sort(result.begin(), result.end(),
                   [](const TypeLayout &a, const TypeLayout &b) { return a.name < b.name; });
  const auto same = [](const TypeLayout &a, const TypeLayout &b) {
    return a.kind == "typedef" && a.name == b.name && a.saysTheSame(b);
  };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

// All complete records of one name.
void TypeReader::addDefinitions(std::span<const Complete> records, std::vector<TypeLayout> &result) const {
  constexpr size_t mostDefinitions = 64; // that differ; the rest is as ambiguous as they are
  const bool isNamed = !isUnnamed(records.front().name);
  const auto begin = static_cast<ptrdiff_t>(result.size());
  for (const Complete &each : records) {
    const auto index = cv::TypeIndex::fromArrayIndex(each.array);
    sameAs_[each.array] = index.getIndex();
    if (!isNamed || result.size() - static_cast<size_t>(begin) >= mostDefinitions)
      continue;
    TypeLayout layout = layoutOf(index);
    const auto same = std::find_if(result.begin() + begin, result.end(),
                                   [&](const TypeLayout &other) { return other.saysTheSame(layout); });
    if (same != result.end())
      sameAs_[each.array] = same->type;
    else
      result.push_back(std::move(layout));
  }
  if (result.size() - static_cast<size_t>(begin) > 1)
    ambiguous_.push_back(records.front().name);
}

TypeLayout TypeReader::layoutOf(const Typedef &declared) const {
  const cv::TypeIndex index = throughModifiers(declared.type);
  const cv::CVType *record = records_.find(index);
  if (const auto tag = record == nullptr ? std::nullopt : asCompleteTag(*record); tag && isUnnamed(tag->name)) {
    TypeLayout layout = layoutOf(index); // typedef struct { ... } LEASE;
    layout.name = declared.name;
    return layout;
  }
  TypeLayout layout{declared.name, "typedef", size(declared.type), {}, name(declared.type)};
  layout.type = declared.type.getIndex();
  return layout;
}

static bool isOnStack(cv::CallingConvention convention) {
  return convention == cv::CallingConvention::NearC || convention == cv::CallingConvention::NearStdCall ||
         convention == cv::CallingConvention::ThisCall;
}

TypeGraph TypeReader::graph() const {
  std::vector<TypeShape> shapes(records_.all().size());
  std::vector<Prototype> prototypes;
  for (uint32_t i = 0; i < shapes.size(); ++i)
    addShape(i, shapes, prototypes);
  return {std::move(shapes), std::move(prototypes)};
}

void TypeReader::addShape(uint32_t array, std::vector<TypeShape> &shapes, std::vector<Prototype> &prototypes) const {
  const cv::CVType &type = records_.all()[array];
  TypeShape &shape = shapes[array];
  switch (type.kind()) {
  case cv::LF_POINTER:
    if (const auto record = as<cv::PointerRecord>(type); record && !record->isPointerToMember())
      shape = {TypeShape::Kind::pointer, throughModifiers(record->getReferentType()).getIndex(), record->getSize()};
    break;
  case cv::LF_MODIFIER: {
    // A record refers to earlier ones.
    const cv::TypeIndex inner = throughModifiers(cv::TypeIndex::fromArrayIndex(array));
    if (!inner.isSimple() && inner.toArrayIndex() < array)
      shape = shapes[inner.toArrayIndex()];
    break;
  }
  case cv::LF_ARRAY:
    if (const auto record = as<cv::ArrayRecord>(type))
      shape = {TypeShape::Kind::array, throughModifiers(record->getElementType()).getIndex(), record->getSize()};
    break;
  case cv::LF_STRUCTURE:
  case cv::LF_CLASS:
  case cv::LF_INTERFACE:
  case cv::LF_UNION:
    shape = {TypeShape::Kind::record, sameAs_[array] != 0 ? sameAs_[array] : definition(recordName(type)),
             size(cv::TypeIndex::fromArrayIndex(array))};
    break;
  case cv::LF_ENUM:
    shape = {TypeShape::Kind::enumeration, sameAs_[array] != 0 ? sameAs_[array] : definition(recordName(type)),
             size(cv::TypeIndex::fromArrayIndex(array))};
    break;
  case cv::LF_PROCEDURE:
    if (const auto record = as<cv::ProcedureRecord>(type)) {
      shape = {TypeShape::Kind::function, static_cast<TypeNumber>(prototypes.size()), 0};
      prototypes.push_back({record->getReturnType().getIndex(), 0, false, false, isOnStack(record->getCallConv()),
                            parameters(record->getArgumentList())});
    }
    break;
  case cv::LF_MFUNCTION:
    if (const auto record = as<cv::MemberFunctionRecord>(type)) {
      shape = {TypeShape::Kind::function, static_cast<TypeNumber>(prototypes.size()), 0};
      prototypes.push_back({record->getReturnType().getIndex(), record->getClassType().getIndex(),
                            !record->getThisType().isNoneType(),
                            record->getCallConv() == cv::CallingConvention::ThisCall, isOnStack(record->getCallConv()),
                            parameters(record->getArgumentList())});
    }
    break;
  default:
    break;
  }
}

std::vector<TypeNumber> TypeReader::parameters(cv::TypeIndex list) const {
  constexpr size_t most = 16; // more than registers hold; one long list can belong to every function
  std::vector<TypeNumber> result;
  const cv::CVType *type = records_.find(list);
  if (const auto arguments = type == nullptr ? std::nullopt : as<cv::ArgListRecord>(*type))
    for (const cv::TypeIndex argument : arguments->getIndices().take_front(most))
      result.push_back(argument.getIndex());
  return result;
}

} // namespace hotgate::analyzer
