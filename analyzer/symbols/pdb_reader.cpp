#include "analyzer/symbols/pdb_reader.h"

#include "analyzer/symbols/line_reader.h"
#include "analyzer/symbols/local_reader.h"
#include "analyzer/symbols/pdb_bounds.h"
#include "analyzer/symbols/type_reader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <llvm/DebugInfo/CodeView/CVSymbolVisitor.h>
#include <llvm/DebugInfo/CodeView/SymbolDeserializer.h>
#include <llvm/DebugInfo/CodeView/SymbolRecord.h>
#include <llvm/DebugInfo/CodeView/TypeDeserializer.h>
#include <llvm/DebugInfo/MSF/MappedBlockStream.h>
#include <llvm/DebugInfo/PDB/Native/DbiModuleDescriptor.h>
#include <llvm/DebugInfo/PDB/Native/DbiStream.h>
#include <llvm/DebugInfo/PDB/Native/GlobalsStream.h>
#include <llvm/DebugInfo/PDB/Native/InfoStream.h>
#include <llvm/DebugInfo/PDB/Native/ModuleDebugStream.h>
#include <llvm/DebugInfo/PDB/Native/PDBFile.h>
#include <llvm/DebugInfo/PDB/Native/PublicsStream.h>
#include <llvm/DebugInfo/PDB/Native/SymbolStream.h>
#include <llvm/DebugInfo/PDB/Native/TpiStream.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Object/COFF.h>
#include <llvm/Support/BinaryByteStream.h>
#include <llvm/Support/MemoryBuffer.h>

namespace hotgate::analyzer {

namespace cv = llvm::codeview;
namespace pdb = llvm::pdb;

std::string_view symbolLevelName(SymbolLevel level) {
  switch (level) {
  case SymbolLevel::none:
    return "none";
  case SymbolLevel::publicOnly:
    return "public";
  case SymbolLevel::privateLevel:
    return "private";
  }
  return "none";
}

namespace {

constexpr uint16_t hotpatchFunctionRecord = 0x1169; // S_HOTPATCHFUNC

Failure damaged(const std::filesystem::path &path, const char *part, llvm::Error error) {
  return failInput(path.string(), part, llvm::toString(std::move(error)), getTheRightPdb);
}

// "ns::f" of an inlinee: a function id names its scope and itself apart.
class InlineeNames {
public:
  explicit InlineeNames(const pdb::TpiStream *ids, const TypeReader &types)
      : types_(types), ids_(ids == nullptr ? TypeRecords() : TypeRecords(*ids)) {}

  [[nodiscard]] bool isDamaged() const { return ids_.isDamaged(); }

  std::string name(cv::TypeIndex index) const {
    const cv::CVType *found = ids_.find(index);
    if (found == nullptr)
      return {};
    const cv::CVType &record = *found;
    if (record.kind() == cv::LF_FUNC_ID) {
      cv::FuncIdRecord function(cv::TypeRecordKind::FuncId);
      if (!read(record, function))
        return {};
      const std::string scope = scopeName(function.getParentScope());
      return scope.empty() ? function.getName().str() : scope + "::" + function.getName().str();
    }
    if (record.kind() == cv::LF_MFUNC_ID) {
      cv::MemberFuncIdRecord function(cv::TypeRecordKind::MemberFuncId);
      if (!read(record, function))
        return {};
      return types_.name(function.getClassType()) + "::" + function.getName().str();
    }
    return {};
  }

private:
  template <class Record> static bool read(cv::CVType type, Record &into) {
    auto error = cv::TypeDeserializer::deserializeAs<Record>(type, into);
    const bool good = !error;
    llvm::consumeError(std::move(error));
    return good;
  }

  std::string scopeName(cv::TypeIndex index) const {
    const cv::CVType *record = ids_.find(index);
    cv::StringIdRecord text(cv::TypeRecordKind::StringId);
    return record != nullptr && record->kind() == cv::LF_STRING_ID && read(*record, text) ? text.getString().str()
                                                                                          : std::string();
  }

  const TypeReader &types_;
  TypeRecords ids_;
};

// A name without what compilers and LLVM's demangler spell differently.
std::string plainSpelling(std::string_view name) {
  std::string text(name);
  for (const std::string_view word : {"class ", "struct ", "union ", "enum ", " "})
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at))
      text.erase(at, word.size());
  constexpr std::string_view shortWord = "dtor'";
  if (const size_t at = text.find(shortWord); at != std::string::npos)
    text.replace(at, shortWord.size(), "destructor'");
  return text;
}

// Whether a public name is that of a procedure, decorated: "?two@S@@QEAAHH@Z" is "S::two". A false `no` is possible.
bool isDecorated(const std::string &decorated, const std::string &name) {
  constexpr size_t longest = 4096; // what the Microsoft compiler writes; the demangler recurses
  if (decorated == name || decorated.size() > longest)
    return decorated == name;
  if (decorated.starts_with('?')) {
    constexpr auto nameOnly = llvm::MSDemangleFlags(llvm::MSDF_NoAccessSpecifier | llvm::MSDF_NoCallingConvention |
                                                    llvm::MSDF_NoReturnType | llvm::MSDF_NoMemberType);
    const std::unique_ptr<char, decltype(&std::free)> text(
        llvm::microsoftDemangle(decorated, nullptr, nullptr, nameOnly), &std::free);
    return text != nullptr && plainSpelling(text.get()).starts_with(plainSpelling(name) + '(');
  }
  if (decorated.starts_with("_Z"))
    return plainSpelling(llvm::demangle(decorated)).starts_with(plainSpelling(name) + '(');
  return decorated == '_' + name || decorated.starts_with('_' + name + '@'); // x86
}

// ??_E, the vector deleting destructor, stands for ??_G in every class of which no array is deleted.
bool isAliasOfScalarDestructor(const std::string &name, const std::vector<std::string> &sortedNames) {
  constexpr std::string_view vectorDeleting = "??_E";
  return name.starts_with(vectorDeleting) &&
         std::ranges::binary_search(sortedNames, "??_G" + name.substr(vectorDeleting.size()));
}

Result<PdbHead> headOf(const std::filesystem::path &path, pdb::PDBFile &file) {
  auto info = file.getPDBInfoStream();
  if (!info)
    return damaged(path, "info stream", info.takeError());
  auto dbi = file.getPDBDbiStream();
  if (!dbi)
    return damaged(path, "DBI stream", dbi.takeError());
  PdbHead head;
  const auto guid = info->getGuid();
  std::memcpy(head.identity.guid.data(), guid.Guid, head.identity.guid.size());
  head.identity.age = dbi->getAge();
  head.isStripped = dbi->isStripped();
  return head;
}

class Reader {
public:
  Reader(const std::filesystem::path &path, const Image &image, pdb::PDBFile &file)
      : path_(path), image_(image), file_(file) {}

  Result<Symbols> read() {
    HOTGATE_CHECK(checkIdentity());
    auto dbi = file_.getPDBDbiStream();
    if (!dbi)
      return damaged(path_, "DBI stream", dbi.takeError());
    for (const auto &section : dbi->getSectionHeaders())
      sectionRvas_.push_back(section.VirtualAddress);
    auto types = file_.getPDBTpiStream();
    if (!types)
      return damaged(path_, "TPI stream", types.takeError());
    TypeReader typeReader(*types);
    pdb::TpiStream *ids = nullptr;
    if (file_.hasPDBIpiStream()) {
      auto stream = file_.getPDBIpiStream();
      if (!stream)
        return damaged(path_, "IPI stream", stream.takeError());
      ids = &*stream;
    }
    const pdb::PDBStringTable *strings = nullptr;
    if (file_.hasPDBStringTable()) {
      auto table = file_.getStringTable();
      if (!table)
        return damaged(path_, "string table", table.takeError());
      strings = &*table;
    }
    InlineeNames inlinees(ids, typeReader);
    LineReader lines(strings, [this](uint16_t section, uint32_t offset) { return place(section, offset); });
    HOTGATE_CHECK(readTypedefs(typeReader));
    symbols_.types = typeReader.layouts();
    symbols_.typeGraph = typeReader.graph();
    HOTGATE_CHECK(readModules(*dbi, typeReader, inlinees, lines));
    symbols_.lines = lines.take();
    const bool hasPrivate = !symbols_.functions.empty();
    if (file_.hasPDBSymbolStream()) {
      HOTGATE_CHECK(readGlobals(typeReader));
      HOTGATE_CHECK(readPublics());
    }
    if (const std::string damage = typeReader.damage(); !damage.empty())
      return failInput(path_.string(), "TPI stream", damage, getTheRightPdb);
    if (inlinees.isDamaged())
      return failInput(path_.string(), "IPI stream", "its last record is cut off", getTheRightPdb);
    symbols_.level = hasPrivate ? SymbolLevel::privateLevel : SymbolLevel::publicOnly;
    applyPublicNames();
    sortAll();
    return std::move(symbols_);
  }

private:
  Result<> checkIdentity() {
    if (!image_.pdb())
      return failInput(path_.string(), "", fmt::format("{} names no PDB in its debug directory", image_.moduleName()),
                       "leave the PDB out, or use the image that was linked with /debug");
    HOTGATE_TRY(const PdbHead head, headOf(path_, file_));
    const PdbIdentity &found = head.identity;
    if (found.guid != image_.pdb()->guid || found.age != image_.pdb()->age)
      return failInput(path_.string(), "info stream",
                       fmt::format("belongs to another build than {}: the PDB has GUID {} age {}, the image wants "
                                   "GUID {} age {}",
                                   image_.moduleName(), found.guidText(), found.age, image_.pdb()->guidText(),
                                   image_.pdb()->age),
                       getTheRightPdb);
    return {};
  }

  // Sections are numbered from 1.
  std::optional<uint32_t> place(uint16_t section, uint32_t offset) const {
    if (section == 0 || section > sectionRvas_.size())
      return std::nullopt;
    const uint64_t address = uint64_t{sectionRvas_[section - 1]} + offset;
    return address < image_.sizeOfImage() ? std::optional(static_cast<uint32_t>(address)) : std::nullopt;
  }

  // What lies outside the image is dropped and counted.
  std::optional<uint32_t> rva(uint16_t section, uint32_t offset) {
    const auto address = place(section, offset);
    if (!address)
      ++symbols_.dropped;
    return address;
  }

  template <class Record> std::optional<Record> as(const cv::CVSymbol &symbol) {
    auto record = cv::SymbolDeserializer::deserializeAs<Record>(symbol);
    if (record)
      return *record;
    llvm::consumeError(record.takeError());
    ++symbols_.dropped;
    return std::nullopt;
  }

  Result<> readModules(pdb::DbiStream &dbi, const TypeReader &types, const InlineeNames &inlinees, LineReader &lines) {
    LocalReader locals(image_.machine(), symbols_.typeGraph,
                       [this](uint16_t section, uint32_t offset) { return place(section, offset); });
    const auto &modules = dbi.modules();
    for (uint32_t index = 0; index < modules.getModuleCount(); ++index) {
      const pdb::DbiModuleDescriptor module = modules.getModuleDescriptor(index);
      if (module.getModuleStreamIndex() == pdb::kInvalidStreamIndex)
        continue;
      HOTGATE_CHECK(moduleStreams_.claim(path_, module.getModuleStreamIndex()));
      auto stream = file_.safelyCreateIndexedStream(module.getModuleStreamIndex());
      if (!stream)
        return damaged(path_, "module stream", stream.takeError());
      pdb::ModuleDebugStreamRef symbols(module, std::move(*stream));
      if (auto error = symbols.reload())
        return damaged(path_, "module stream", std::move(error));
      if (auto error = lines.addModule(symbols))
        return damaged(path_, "line table of a module", std::move(error));
      bool damagedRecord = false;
      readModule(symbols, std::filesystem::path(module.getModuleName().str()).filename().string(), types, inlinees,
                 lines, locals, damagedRecord);
      if (damagedRecord)
        return failInput(path_.string(), fmt::format("module {}", index), "a symbol record is cut off", getTheRightPdb);
    }
    return {};
  }

  // S_HOTPATCHFUNC of LLVM 21, which LLVM 19 has no name for: the function's id, then its linkage name. It stands
  // beside the procedures, not in one.
  void addHotpatchMark(llvm::ArrayRef<uint8_t> content) {
    constexpr size_t idSize = 4;
    if (content.size() <= idSize)
      return;
    const std::string_view text(reinterpret_cast<const char *>(content.data()) + idSize, content.size() - idSize);
    if (const size_t end = text.find('\0'); end != std::string_view::npos && end != 0)
      symbols_.hotpatchMarks.emplace_back(text.substr(0, end));
  }

  // Scopes nest: procedure, block, inline site. Data and inline sites belong to the procedure that is open.
  void readModule(const pdb::ModuleDebugStreamRef &module, const std::string &object, const TypeReader &types,
                  const InlineeNames &inlinees, LineReader &lines, LocalReader &locals, bool &damagedRecord) {
    std::optional<size_t> open;
    uint32_t openEnd = 0;
    const cv::CVSymbolArray &array = module.getSymbolArray();
    // Not begin(&damagedRecord): it forgets its argument (LLVM 19).
    cv::CVSymbolArray::Iterator it(array, array.getExtractor(), array.skew(), &damagedRecord);
    for (; it != array.end(); ++it) {
      const cv::CVSymbol &symbol = *it;
      if (open && it.offset() >= openEnd)
        open.reset();
      if (static_cast<uint16_t>(symbol.kind()) == hotpatchFunctionRecord)
        addHotpatchMark(symbol.content());
      switch (symbol.kind()) {
      case cv::S_GPROC32:
      case cv::S_LPROC32:
      case cv::S_GPROC32_ID:
      case cv::S_LPROC32_ID:
        if (auto record = as<cv::ProcSym>(symbol)) {
          open = addProcedure(*record, object);
          if (open && symbol.kind() != cv::S_GPROC32_ID && symbol.kind() != cv::S_LPROC32_ID)
            symbols_.functions[*open].prototypeText = types.name(record->FunctionType);
          openEnd = record->End;
          if (open)
            locals.begin(symbols_.functions[*open], *record);
        }
        break;
      case cv::S_INLINESITE:
        if (auto record = as<cv::InlineSiteSym>(symbol); record && open) {
          FunctionSymbol &function = symbols_.functions[*open];
          function.inlinees.push_back(inlinees.name(record->Inlinee));
          lines.addInlineSite(*record, function.rva, function.size);
        }
        break;
      case cv::S_LDATA32:
      case cv::S_GDATA32:
        if (auto record = as<cv::DataSym>(symbol))
          addData(*record, types, open ? symbols_.functions[*open].name + "::" : "",
                  symbol.kind() == cv::S_LDATA32 ? object : "");
        break;
      case cv::S_LTHREAD32:
      case cv::S_GTHREAD32:
        if (auto record = as<cv::ThreadLocalDataSym>(symbol))
          addData(*record, types, open ? symbols_.functions[*open].name + "::" : "",
                  symbol.kind() == cv::S_LTHREAD32 ? object : "", true);
        break;
      default:
        if (open && !locals.read(symbol, symbols_.functions[*open]))
          ++symbols_.dropped;
        break;
      }
    }
  }

  std::optional<size_t> addProcedure(const cv::ProcSym &record, const std::string &object) {
    const auto address = rva(record.Segment, record.CodeOffset);
    if (!address)
      return std::nullopt;
    symbols_.functions.push_back({*address, record.CodeSize, record.Name.str(), {}, object, {}});
    return symbols_.functions.size() - 1;
  }

  // S_LDATA32 and S_GDATA32, and what is the same for threads.
  template <class Record>
  void addData(const Record &record, const TypeReader &types, const std::string &scope, const std::string &object,
               bool isThreadLocal = false) {
    const auto address = rva(record.Segment, record.DataOffset);
    if (!address)
      return;
    const uint64_t size = types.size(record.Type);
    symbols_.data.push_back({*address, size > UINT32_MAX ? 0U : static_cast<uint32_t>(size), scope + record.Name.str(),
                             types.name(record.Type), object, isThreadLocal, record.Type.getIndex()});
  }

  // LLVM's readRecord() hands out a record of nothing where none begins, or where it is cut off.
  Result<cv::CVSymbol> globalRecord(const pdb::SymbolStream &records, const char *stream, uint32_t offset) const {
    const cv::CVSymbolArray &array = records.getSymbolArray();
    if (const auto at = array.at(offset); at != array.end())
      return *at;
    return failInput(path_.string(), stream, fmt::format("no record begins at offset {:#x}", offset), getTheRightPdb);
  }

  // Those of the whole program; a function's own are in its object's stream, and name nothing that outlives it.
  Result<> readTypedefs(TypeReader &types) {
    if (!file_.hasPDBSymbolStream() || !file_.hasPDBGlobalsStream())
      return {};
    auto records = file_.getPDBSymbolStream();
    if (!records)
      return damaged(path_, "symbol record stream", records.takeError());
    auto globals = file_.getPDBGlobalsStream();
    if (!globals)
      return damaged(path_, "globals stream", globals.takeError());
    for (const uint32_t offset : globals->getGlobalsTable()) {
      HOTGATE_TRY(const cv::CVSymbol symbol, globalRecord(*records, "globals stream", offset));
      if (symbol.kind() != cv::S_UDT)
        continue;
      if (const auto record = as<cv::UDTSym>(symbol))
        types.addTypedef(record->Name.str(), record->Type);
    }
    return {};
  }

  Result<> readGlobals(const TypeReader &types) {
    auto records = file_.getPDBSymbolStream();
    if (!records)
      return damaged(path_, "symbol record stream", records.takeError());
    if (!file_.hasPDBGlobalsStream())
      return {};
    auto globals = file_.getPDBGlobalsStream();
    if (!globals)
      return damaged(path_, "globals stream", globals.takeError());
    for (const uint32_t offset : globals->getGlobalsTable()) {
      HOTGATE_TRY(const cv::CVSymbol symbol, globalRecord(*records, "globals stream", offset));
      if (symbol.kind() == cv::S_LDATA32 || symbol.kind() == cv::S_GDATA32) {
        if (auto record = as<cv::DataSym>(symbol))
          addData(*record, types, "", "");
      } else if (symbol.kind() == cv::S_LTHREAD32 || symbol.kind() == cv::S_GTHREAD32) {
        if (auto record = as<cv::ThreadLocalDataSym>(symbol))
          addData(*record, types, "", "", true);
      }
    }
    return {};
  }

  Result<> readPublics() {
    if (!file_.hasPDBPublicsStream())
      return {};
    auto records = file_.getPDBSymbolStream();
    if (!records)
      return damaged(path_, "symbol record stream", records.takeError());
    auto publics = file_.getPDBPublicsStream();
    if (!publics)
      return damaged(path_, "publics stream", publics.takeError());
    for (const uint32_t offset : publics->getPublicsTable()) {
      HOTGATE_TRY(const cv::CVSymbol symbol, globalRecord(*records, "publics stream", offset));
      if (symbol.kind() != cv::S_PUB32)
        continue;
      const auto record = as<cv::PublicSym32>(symbol);
      if (!record)
        continue;
      if (const auto address = rva(record->Segment, record->Offset))
        publicNames_.emplace_back(*address, record->Name.str());
    }
    return {};
  }

  // Folded bodies have several procedures and several public names at one place, in no common order. A public name
  // that no procedure there can have is a name of the body all the same: its object file had no private symbols.
  void applyNamesOfFoldedBody(uint32_t address, const std::vector<size_t> &procedures,
                              const std::vector<std::string> &names) {
    std::vector<std::string> unknown;
    for (const std::string &name : names) {
      if (isAliasOfScalarDestructor(name, names))
        continue;
      const auto same = std::ranges::find_if(procedures, [&](size_t index) {
        return symbols_.functions[index].linkageName.empty() && isDecorated(name, symbols_.functions[index].name);
      });
      if (same == procedures.end())
        unknown.push_back(name);
      else
        symbols_.functions[*same].linkageName = name;
    }
    // Not every decoration can be read: what is left may be the names of the procedures that are left.
    const auto left =
        std::ranges::count_if(procedures, [&](size_t index) { return symbols_.functions[index].linkageName.empty(); });
    if (std::ssize(unknown) > left)
      for (const std::string &name : unknown)
        symbols_.functions.push_back({address, 0, name, name, {}, {}});
  }

  // A public symbol gives a known procedure or datum its linkage name, and names what nothing else names.
  void applyPublicNames() {
    // By RVA: of a large program, a tree of vectors costs as much as reading all public names.
    std::vector<std::pair<uint32_t, size_t>> procedures;
    procedures.reserve(symbols_.functions.size());
    for (size_t i = 0; i < symbols_.functions.size(); ++i)
      procedures.emplace_back(symbols_.functions[i].rva, i);
    std::ranges::sort(procedures);
    std::vector<uint32_t> data;
    for (const DataSymbol &datum : symbols_.data)
      data.push_back(datum.rva);
    std::ranges::sort(data);
    std::ranges::sort(publicNames_);
    auto known = procedures.begin();
    for (auto name = publicNames_.begin(); name != publicNames_.end();) {
      const uint32_t address = name->first;
      std::vector<std::string> names;
      for (; name != publicNames_.end() && name->first == address; ++name)
        names.push_back(std::move(name->second));
      std::vector<size_t> here;
      for (; known != procedures.end() && known->first <= address; ++known)
        if (known->first == address)
          here.push_back(known->second);
      applyPublicNamesAt(address, here, names, std::ranges::binary_search(data, address));
    }
  }

  // `names` ascend.
  void applyPublicNamesAt(uint32_t address, const std::vector<size_t> &procedures,
                          const std::vector<std::string> &names, bool hasData) {
    if (!procedures.empty()) {
      if (procedures.size() == 1 && names.size() == 1)
        symbols_.functions[procedures.front()].linkageName = names.front();
      else
        applyNamesOfFoldedBody(address, procedures, names);
      return;
    }
    const Section *section = image_.sectionAt(address);
    for (const std::string &name : names) {
      if (section != nullptr && section->isExecutable())
        symbols_.functions.push_back({address, 0, name, name, {}, {}});
      else if (!hasData)
        symbols_.data.push_back({address, 0, name, {}, {}});
    }
  }

  void sortAll() {
    for (FunctionSymbol &function : symbols_.functions) {
      auto &names = function.inlinees;
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      std::erase(names, "");
      std::ranges::stable_sort(function.places, {}, &TypedPlace::begin);
      std::ranges::stable_sort(function.allocations, {}, &AllocationSite::rva);
    }
    auto &marks = symbols_.hotpatchMarks;
    std::sort(marks.begin(), marks.end());
    marks.erase(std::unique(marks.begin(), marks.end()), marks.end());
    const auto byPlace = [](const auto &a, const auto &b) { return std::tie(a.rva, a.name) < std::tie(b.rva, b.name); };
    std::stable_sort(symbols_.functions.begin(), symbols_.functions.end(), [](const auto &a, const auto &b) {
      return std::tuple(a.rva, a.size == 0, std::string_view(a.name)) <
             std::tuple(b.rva, b.size == 0, std::string_view(b.name));
    });
    // A static is in its module's stream and in the globals stream; the scoped name sorts after the plain one, and
    // says more.
    std::stable_sort(symbols_.data.begin(), symbols_.data.end(), byPlace);
    std::vector<DataSymbol> unique;
    for (DataSymbol &datum : symbols_.data) {
      const bool sameSymbol = !unique.empty() && unique.back().rva == datum.rva &&
                              (unique.back().name == datum.name || datum.name.ends_with("::" + unique.back().name) ||
                               unique.back().name.ends_with("::" + datum.name));
      if (!sameSymbol) {
        unique.push_back(std::move(datum));
        continue;
      }
      std::string object = datum.object.empty() ? unique.back().object : datum.object;
      if (datum.name.size() > unique.back().name.size())
        unique.back() = std::move(datum);
      unique.back().object = std::move(object);
    }
    symbols_.data = std::move(unique);
  }

  const std::filesystem::path &path_;
  const Image &image_;
  pdb::PDBFile &file_;
  Symbols symbols_;
  std::vector<uint32_t> sectionRvas_;
  ModuleStreams moduleStreams_;
  std::vector<std::pair<uint32_t, std::string>> publicNames_;
};

} // namespace

namespace {

// The file with everything that LLVM takes for granted checked.
Result<std::unique_ptr<pdb::PDBFile>> openPdb(const std::filesystem::path &path, llvm::BumpPtrAllocator &allocator) {
  auto buffer = llvm::MemoryBuffer::getFile(path.string(), /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return failInput(path.string(), "", buffer.getError().message(), "check the path and its permissions");
  HOTGATE_CHECK(checkSuperBlock(
      path, {reinterpret_cast<const uint8_t *>((*buffer)->getBufferStart()), (*buffer)->getBufferSize()}));
  auto stream = std::make_unique<llvm::MemoryBufferByteStream>(std::move(*buffer), llvm::endianness::little);
  auto file = std::make_unique<pdb::PDBFile>(path.string(), std::move(stream), allocator);
  if (auto error = file->parseFileHeaders())
    return damaged(path, "header", std::move(error));
  if (auto error = file->parseStreamData())
    return damaged(path, "stream directory", std::move(error));
  HOTGATE_CHECK(checkStreamSizes(path, *file));
  HOTGATE_CHECK(checkCounts(path, *file));
  return file;
}

} // namespace

Result<Symbols> readPdb(const std::filesystem::path &path, const Image &image) {
  llvm::BumpPtrAllocator allocator;
  HOTGATE_TRY(const std::unique_ptr<pdb::PDBFile> file, openPdb(path, allocator));
  return Reader(path, image, *file).read();
}

Result<PdbHead> readPdbHead(const std::filesystem::path &path) {
  llvm::BumpPtrAllocator allocator;
  HOTGATE_TRY(const std::unique_ptr<pdb::PDBFile> file, openPdb(path, allocator));
  return headOf(path, *file);
}

std::vector<std::string> pdbNames(const Image &image) {
  if (!image.pdb())
    return {};
  // The linker may have recorded a Windows path; only its last part is used, so it cannot lead anywhere.
  std::string recorded = image.pdb()->path;
  if (const size_t slash = recorded.find_last_of("/\\"); slash != std::string::npos)
    recorded.erase(0, slash + 1);
  std::vector<std::string> names;
  if (!recorded.empty() && recorded != "." && recorded != "..")
    names.push_back(recorded);
  if (const std::string own = std::filesystem::path(image.moduleName()).stem().string() + ".pdb"; own != recorded)
    names.push_back(own);
  return names;
}

std::optional<std::filesystem::path> findPdb(const Image &image, const std::filesystem::path &folder) {
  for (const std::string &name : pdbNames(image)) {
    std::error_code ignored; // an unreadable candidate is no candidate
    if (std::filesystem::is_regular_file(folder / name, ignored))
      return folder / name;
  }
  return std::nullopt;
}

} // namespace hotgate::analyzer
