#include "tests/benchmark/synthetic_pdb.h"

#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <llvm/DebugInfo/CodeView/AppendingTypeTableBuilder.h>
#include <llvm/DebugInfo/CodeView/ContinuationRecordBuilder.h>
#include <llvm/DebugInfo/CodeView/DebugChecksumsSubsection.h>
#include <llvm/DebugInfo/CodeView/DebugLinesSubsection.h>
#include <llvm/DebugInfo/CodeView/DebugStringTableSubsection.h>
#include <llvm/DebugInfo/CodeView/SymbolSerializer.h>
#include <llvm/DebugInfo/MSF/MSFBuilder.h>
#include <llvm/DebugInfo/PDB/Native/DbiModuleDescriptorBuilder.h>
#include <llvm/DebugInfo/PDB/Native/DbiStreamBuilder.h>
#include <llvm/DebugInfo/PDB/Native/GSIStreamBuilder.h>
#include <llvm/DebugInfo/PDB/Native/InfoStreamBuilder.h>
#include <llvm/DebugInfo/PDB/Native/PDBFileBuilder.h>
#include <llvm/DebugInfo/PDB/Native/RawConstants.h>
#include <llvm/DebugInfo/PDB/Native/TpiHashing.h>
#include <llvm/DebugInfo/PDB/Native/TpiStreamBuilder.h>
#include <llvm/Object/COFF.h>
#include <llvm/Support/Endian.h>

namespace hotgate::benchmark {

namespace cv = llvm::codeview;
namespace pdb = llvm::pdb;

namespace {

constexpr uint32_t bytesOfProcedure = 64;
constexpr uint32_t proceduresOfObject = 100;
constexpr uint32_t linesOfProcedure = 16;
constexpr cv::PointerOptions plain = cv::PointerOptions::None;

class Writer {
public:
  Writer(const SyntheticPdb &description, const analyzer::Image &image)
      : description_(description), image_(image), builder_(allocator_), types_(allocator_) {}

  llvm::Error write(const std::filesystem::path &path) {
    cv::GUID guid;
    std::memcpy(guid.Guid, image_.pdb()->guid.data(), sizeof(guid.Guid));
    if (auto error = begin(guid))
      return error;
    makeTypes();
    for (uint32_t first = 0; first < description_.procedures; first += proceduresOfObject)
      if (auto error = addObject(first))
        return error;
    addNames();
    builder_.getStringTableBuilder().setStrings(*strings_);
    return builder_.commit(path.string(), &guid);
  }

private:
  llvm::Error begin(const cv::GUID &guid) {
    constexpr uint32_t blockSize = 4096;
    if (auto error = builder_.initialize(blockSize))
      return error;
    for (uint32_t i = 0; i < pdb::kSpecialStreamCount; ++i)
      if (auto stream = builder_.getMsfBuilder().addStream(0); !stream)
        return stream.takeError();
    pdb::InfoStreamBuilder &info = builder_.getInfoBuilder();
    info.setVersion(pdb::PdbImplVC70);
    info.setAge(image_.pdb()->age);
    info.setGuid(guid);
    info.addFeature(pdb::PdbRaw_FeatureSig::VC140);
    builder_.getTpiBuilder().setVersionHeader(pdb::PdbTpiV80);
    builder_.getIpiBuilder().setVersionHeader(pdb::PdbTpiV80);
    pdb::DbiStreamBuilder &dbi = builder_.getDbiBuilder();
    dbi.setVersionHeader(pdb::PdbDbiV70);
    dbi.setAge(image_.pdb()->age);
    dbi.setMachineType(pdb::PDB_Machine::Amd64);
    llvm::object::coff_section code = {};
    code.VirtualAddress = image_.sections().front().rva;
    code.VirtualSize = image_.sections().front().virtualSize;
    sections_.assign(reinterpret_cast<const uint8_t *>(&code), reinterpret_cast<const uint8_t *>(&code) + sizeof(code));
    return dbi.addDbgStream(pdb::DbgHeaderType::SectionHdr, sections_);
  }

  // Its parameters are pointers to two structs.
  struct Signature {
    cv::TypeIndex type, first, second;
  };

  void makeTypes() {
    for (uint32_t i = 0; i < description_.structs; ++i)
      makeStruct(i);
    types_.ForEachRecord([&](cv::TypeIndex, const cv::CVType &type) {
      builder_.getTpiBuilder().addTypeRecord(type.RecordData, llvm::cantFail(pdb::hashTypeRecord(type)));
    });
  }

  void makeStruct(uint32_t number) {
    const std::string name = fmt::format("synthetic::component_{}::Record_{:05}", number % 40, number);
    const cv::ClassOptions forward = cv::ClassOptions::ForwardReference;
    cv::ClassRecord declared(cv::TypeRecordKind::Struct, 0, forward, {}, {}, {}, 0, name, "");
    const cv::TypeIndex declaration = types_.writeLeafType(declared);
    cv::PointerRecord pointer(declaration, cv::PointerKind::Near64, cv::PointerMode::Pointer, plain, 8);
    const cv::TypeIndex pointed = types_.writeLeafType(pointer);
    cv::ContinuationRecordBuilder fields;
    fields.begin(cv::ContinuationRecordKind::FieldList);
    uint64_t offset = 0;
    uint32_t member = 0;
    const auto add = [&](cv::TypeIndex type, uint64_t size) {
      const std::string field = fmt::format("member_{}_{}", number % 97, member++);
      cv::DataMemberRecord record(cv::MemberAccess::Public, type, offset, field);
      fields.writeMemberType(record);
      offset += size;
    };
    const cv::TypeIndex integer(cv::SimpleTypeKind::Int32);
    if (description_.post && number % 1000 == 500)
      add(integer, 8);
    for (uint32_t i = 0; i < 8; ++i) {
      add(integer, 4);
      add(cv::TypeIndex(cv::SimpleTypeKind::UInt32), 4);
      add(signatures_.empty() ? pointed : signatures_[(size_t{number} * 7 + i) % signatures_.size()].first, 8);
    }
    cv::BitFieldRecord bits(integer, 3, static_cast<uint8_t>(number % 8));
    add(types_.writeLeafType(bits), 8);
    cv::ArrayRecord array(cv::TypeIndex(cv::SimpleTypeKind::NarrowCharacter), cv::TypeIndex(cv::SimpleTypeKind::UInt64),
                          32 + 8 * (number % 5), "");
    add(types_.writeLeafType(array), 32 + 8 * (number % 5));
    if (number % 3 == 0 && number % 30 != 0 && embedded_.getIndex() != 0)
      add(embedded_, embeddedSize_);
    const cv::TypeIndex list = types_.insertRecord(fields);
    cv::ClassRecord complete(cv::TypeRecordKind::Struct, member, {}, list, {}, {}, offset, name, "");
    const cv::TypeIndex definition = types_.writeLeafType(complete);
    if (number % 30 == 0) { // small structs that others embed
      embedded_ = definition;
      embeddedSize_ = offset;
    }
    const cv::TypeIndex other =
        signatures_.empty() ? pointed : signatures_[size_t{number} * 13 % signatures_.size()].first;
    cv::ArgListRecord arguments(cv::TypeRecordKind::ArgList, {pointed, other, integer});
    cv::ProcedureRecord procedure(integer, cv::CallingConvention::NearC, cv::FunctionOptions::None, 3,
                                  types_.writeLeafType(arguments));
    signatures_.push_back({types_.writeLeafType(procedure), pointed, other});
  }

  template <class Record> cv::CVSymbol serialized(Record &record) {
    return cv::SymbolSerializer::writeOneSymbol(record, allocator_, cv::CodeViewContainer::Pdb);
  }

  llvm::Error addObject(uint32_t first) {
    const std::string name = fmt::format("object_{:04}.obj", first / proceduresOfObject);
    auto module = builder_.getDbiBuilder().addModuleInfo(name);
    if (!module)
      return module.takeError();
    module->setObjFileName(name);
    auto checksums = std::make_shared<cv::DebugChecksumsSubsection>(*strings_);
    const std::string file = fmt::format("C:\\synthetic\\source_{}.cpp", first / proceduresOfObject);
    checksums->addChecksum(file, cv::FileChecksumKind::None, {});
    auto lines = std::make_shared<cv::DebugLinesSubsection>(*checksums, *strings_);
    const uint32_t last = std::min(first + proceduresOfObject, description_.procedures);
    lines->setRelocationAddress(1, first * bytesOfProcedure);
    lines->setCodeSize((last - first) * bytesOfProcedure);
    lines->createBlock(file);
    for (uint32_t i = first; i < last; ++i) {
      addProcedure(*module, i);
      for (uint32_t line = 0; line < linesOfProcedure; ++line)
        lines->addLineInfo((i - first) * bytesOfProcedure + 4 * line, cv::LineInfo(20 * i + line, 20 * i + line, true));
    }
    module->addDebugSubsection(checksums);
    module->addDebugSubsection(lines);
    return llvm::Error::success();
  }

  void addParameter(std::vector<cv::CVSymbol> &body, const char *name, cv::TypeIndex type, cv::RegisterId reg,
                    uint32_t procedure) {
    cv::LocalSym local(cv::SymbolRecordKind::LocalSym);
    local.Type = type;
    local.Flags = cv::LocalSymFlags::IsParameter;
    local.Name = name;
    body.push_back(serialized(local));
    cv::DefRangeRegisterSym range(cv::SymbolRecordKind::DefRangeRegisterSym);
    range.Hdr.Register = static_cast<uint16_t>(reg);
    range.Hdr.MayHaveNoName = 0;
    range.Range.OffsetStart = procedure * bytesOfProcedure;
    range.Range.ISectStart = 1;
    range.Range.Range = bytesOfProcedure / 2;
    body.push_back(serialized(range));
  }

  void addProcedure(pdb::DbiModuleDescriptorBuilder &module, uint32_t number) {
    const Signature &signature = signatures_[number % signatures_.size()];
    std::vector<cv::CVSymbol> body;
    cv::FrameProcSym frame(cv::SymbolRecordKind::FrameProcSym);
    body.push_back(serialized(frame));
    addParameter(body, "record", signature.first, cv::RegisterId::RCX, number);
    addParameter(body, "other", signature.second, cv::RegisterId::RDX, number);
    cv::RegRelativeSym local(cv::SymbolRecordKind::RegRelativeSym);
    local.Type = cv::TypeIndex(cv::SimpleTypeKind::Int32);
    local.Offset = 32;
    local.Register = cv::RegisterId::RSP;
    local.Name = "count";
    body.push_back(serialized(local));
    cv::ProcSym procedure(cv::SymbolRecordKind::GlobalProcSym);
    procedure.Segment = 1;
    procedure.CodeOffset = number * bytesOfProcedure;
    procedure.CodeSize = bytesOfProcedure;
    procedure.FunctionType = signature.type;
    names_.push_back(fmt::format("synthetic::component_{}::procedure_{:05}", number % 40, number));
    procedure.Name = names_.back();
    cv::CVSymbol head = serialized(procedure);
    cv::ScopeEndSym end(cv::SymbolRecordKind::ScopeEndSym);
    uint32_t endOffset = module.getNextSymbolOffset() + head.length();
    for (const cv::CVSymbol &symbol : body)
      endOffset += symbol.length();
    constexpr size_t placeOfEnd = 8; // length, kind, parent, end
    llvm::support::endian::write32le(const_cast<uint8_t *>(head.data().data()) + placeOfEnd, endOffset);
    module.addSymbol(head);
    for (const cv::CVSymbol &symbol : body)
      module.addSymbol(symbol);
    module.addSymbol(serialized(end));
  }

  void addNames() {
    pdb::GSIStreamBuilder &symbols = builder_.getGsiBuilder();
    std::vector<pdb::BulkPublic> publics;
    for (uint32_t i = 0; i < names_.size(); ++i) {
      pdb::BulkPublic symbol;
      symbol.Name = names_[i].c_str();
      symbol.NameLen = static_cast<uint32_t>(names_[i].size());
      symbol.Segment = 1;
      symbol.Offset = i * bytesOfProcedure;
      symbol.setFlags(cv::PublicSymFlags::Function);
      publics.push_back(symbol);
    }
    symbols.addPublicSymbols(std::move(publics));
    for (uint32_t i = 0; i < description_.structs; i += 4) {
      cv::UDTSym declared(cv::SymbolRecordKind::UDTSym);
      declared.Type = signatures_[i].first;
      const std::string name = fmt::format("RECORD_{:05}_POINTER", i);
      declared.Name = name;
      symbols.addGlobalSymbol(serialized(declared));
    }
  }

  const SyntheticPdb &description_;
  const analyzer::Image &image_;
  llvm::BumpPtrAllocator allocator_;
  pdb::PDBFileBuilder builder_;
  cv::AppendingTypeTableBuilder types_;
  std::shared_ptr<cv::DebugStringTableSubsection> strings_ = std::make_shared<cv::DebugStringTableSubsection>();
  std::vector<uint8_t> sections_;
  std::vector<Signature> signatures_;
  std::deque<std::string> names_; // of procedures; they stay where they are
  cv::TypeIndex embedded_;
  uint64_t embeddedSize_ = 0;
};

} // namespace

Result<> writeSyntheticPdb(const SyntheticPdb &description, const analyzer::Image &image,
                           const std::filesystem::path &path) {
  if (!image.pdb() || image.sections().empty() ||
      image.sections().front().virtualSize / bytesOfProcedure < description.procedures)
    return failInput(image.path().string(), "", "has no room for so many procedures, or names no PDB");
  if (auto error = Writer(description, image).write(path))
    return failInput(path.string(), "", llvm::toString(std::move(error)), "check the path and its permissions");
  return {};
}

} // namespace hotgate::benchmark
