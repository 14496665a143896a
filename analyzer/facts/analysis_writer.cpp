#include "analyzer/facts/analysis_writer.h"

#include "analyzer/code/decoder.h"
#include "analyzer/code/import_calls.h"
#include "analyzer/code/registrations.h"
#include "analyzer/image/image_properties.h"
#include "support/sha256.h"

#include <algorithm>
#include <llvm/ADT/StringRef.h>
#include <set>

namespace hotgate::analyzer {

namespace {

// Row ids of one image's functions, by function index.
using FunctionIds = std::vector<int64_t>;

struct WrittenImage {
  int64_t id = 0;
  FunctionIds functions;
};

class Writer {
public:
  Writer(facts::Database &facts, const ModuleAnalysis &analysis) : facts_(facts), analysis_(analysis) {}

  Result<> write() {
    HOTGATE_CHECK(facts_.execute("BEGIN"));
    HOTGATE_TRY(pre_, writeImage(analysis_.pre, "pre"));
    HOTGATE_TRY(post_, writeImage(analysis_.post, "post"));
    HOTGATE_CHECK(writeImportCalls(analysis_.pre.program, pre_.functions));
    HOTGATE_CHECK(writeRegistrations(analysis_.pre.program, pre_.functions));
    HOTGATE_CHECK(writeFunctionPairs());
    HOTGATE_CHECK(writeTypes());
    HOTGATE_CHECK(writeGlobals());
    HOTGATE_CHECK(writeLedger());
    HOTGATE_CHECK(writeOpinions(pre_, analysis_.preOpinions));
    HOTGATE_CHECK(writeOpinions(post_, analysis_.postOpinions));
    if (analysis_.hotpatch) {
      HOTGATE_TRY(hotpatch_, writeImage(*analysis_.hotpatch, "hotpatch"));
      HOTGATE_CHECK(writeDataAccesses(analysis_.hotpatch->program, hotpatch_.functions));
      HOTGATE_CHECK(writeHotpatchPairs());
      HOTGATE_CHECK(writeOpinions(hotpatch_, analysis_.hotpatchOpinions));
      if (analysis_.hotpatchTable)
        HOTGATE_CHECK(writeHotpatchTable(*analysis_.hotpatchTable));
    }
    HOTGATE_CHECK(writeEvidence());
    HOTGATE_CHECK(writeUndecoded());
    HOTGATE_CHECK(writeUnpairedNames());
    HOTGATE_CHECK(writePartialSymbols(analysis_.pre));
    HOTGATE_CHECK(writePartialSymbols(analysis_.post));
    return facts_.execute("COMMIT");
  }

private:
  Result<WrittenImage> writeImage(const AnalyzedImage &analyzed, std::string_view side) {
    const Program &program = analyzed.program;
    const Image &image = program.image();
    HOTGATE_TRY(auto insert,
                facts_.prepare("INSERT INTO image (module, image, path, machine, timestamp, checksum, size_of_image, "
                               "file_size, sha256, symbols, hotpatch_compatible) VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
    HOTGATE_CHECK(insert.run(analysis_.module, side, analyzed.displayPath, machineName(image.machine()),
                             image.timestamp(), image.checksum(), image.sizeOfImage(), image.fileBytes().size(),
                             sha256Hex(image.fileBytes()), symbolLevelName(program.symbols().level),
                             image.isHotpatchCompatible()));
    WrittenImage written{facts_.lastInsertedId(), {}};
    HOTGATE_CHECK(writeTables(image, written.id));
    HOTGATE_TRY(written.functions, writeFunctions(program, written.id));
    HOTGATE_CHECK(writeCalls(program, written.functions));
    return written;
  }

  Result<> writeTables(const Image &image, int64_t imageId) {
    HOTGATE_TRY(auto property, facts_.prepare("INSERT INTO image_property VALUES (?,?)"));
    for (const std::string_view name : imageProperties(image))
      HOTGATE_CHECK(property.run(imageId, name));
    HOTGATE_TRY(auto section, facts_.prepare("INSERT OR IGNORE INTO section VALUES (?,?,?,?,?,?,?)"));
    for (const Section &s : image.sections())
      HOTGATE_CHECK(section.run(imageId, s.name, s.rva, s.virtualSize, s.fileOffset, s.fileSize, s.characteristics));
    HOTGATE_TRY(auto exported, facts_.prepare("INSERT OR IGNORE INTO export VALUES (?,?,?,?,?)"));
    for (const Export &e : image.exports())
      HOTGATE_CHECK(exported.run(imageId, e.name, e.ordinal, e.rva, e.forwarder));
    HOTGATE_TRY(auto imported, facts_.prepare("INSERT OR IGNORE INTO import VALUES (?,?,?,?)"));
    for (const Import &i : image.imports())
      HOTGATE_CHECK(imported.run(imageId, llvm::StringRef(i.dll).lower(), i.name, i.delayed));
    return {};
  }

  Result<FunctionIds> writeFunctions(const Program &program, int64_t imageId) {
    HOTGATE_TRY(auto insert,
                facts_.prepare("INSERT INTO function (image_id, rva, size, name, linkage_name, source, padding, "
                               "first_instruction_size, branches_to_entry, is_root) VALUES (?,?,?,?,?,?,?,?,?,?)"));
    HOTGATE_TRY(auto named, facts_.prepare("INSERT OR IGNORE INTO function_name VALUES (?,?)"));
    HOTGATE_TRY(auto inlined, facts_.prepare("INSERT OR IGNORE INTO inline_site VALUES (?,?)"));
    FunctionIds ids;
    ids.reserve(program.functions().size());
    for (const Function &f : program.functions()) {
      HOTGATE_CHECK(insert.run(imageId, f.body.rva, f.body.size, f.name, f.linkageName, functionSourceName(f.source),
                               f.padding, f.firstInstructionSize, f.branchesToEntry, f.isRoot));
      ids.push_back(facts_.lastInsertedId());
      for (const std::string &name : f.allNames())
        HOTGATE_CHECK(named.run(ids.back(), name));
      for (const std::string &inlinee : f.inlinees)
        HOTGATE_CHECK(inlined.run(ids.back(), inlinee));
    }
    return ids;
  }

  // A jump to another function's entry is a tail call.
  Result<> writeCalls(const Program &program, const FunctionIds &ids) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO call VALUES (?,?,?)"));
    for (FunctionIndex i = 0; i < program.functions().size(); ++i)
      for (const Reference &reference : program.functions()[i].references) {
        if (reference.kind != ReferenceKind::call && reference.kind != ReferenceKind::branch)
          continue;
        const auto callee = program.functionAtEntry(reference.target);
        if (callee && (*callee != i || reference.kind == ReferenceKind::call))
          HOTGATE_CHECK(insert.run(ids[i], ids[*callee], reference.instruction));
      }
    return {};
  }

  Result<> writeImportCalls(const Program &program, const FunctionIds &ids) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO import_call VALUES (?,?,?,?,?)"));
    for (const ImportCall &call : importCalls(program))
      HOTGATE_CHECK(insert.run(ids[call.function], call.site, llvm::StringRef(call.import->dll).lower(),
                               call.import->name, call.isPoll));
    return {};
  }

  Result<> writeRegistrations(const Program &program, const FunctionIds &ids) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO registration VALUES (?,?,?,?,?)"));
    for (const Registration &registration : registrations(program)) {
      const auto registrar = program.functionContaining(registration.site);
      HOTGATE_CHECK(insert.run(ids[registration.function], registeredAsName(registration.as), registration.by,
                               registrar ? std::optional<int64_t>(ids[*registrar]) : std::nullopt, registration.site));
    }
    return {};
  }

  // Only of the hotpatch image: it is the one whose data is a second copy.
  Result<> writeDataAccesses(const Program &program, const FunctionIds &ids) {
    HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR REPLACE INTO data_access VALUES (?,?,?,?,?,?)"));
    for (FunctionIndex i = 0; i < program.functions().size(); ++i)
      for (const Reference &reference : program.functions()[i].references) {
        const bool toData = reference.kind == ReferenceKind::data || reference.kind == ReferenceKind::absolute;
        const Section *section = program.image().sectionAt(reference.target);
        if (!toData || section == nullptr || section->isExecutable() ||
            program.image().importAtSlot(reference.target) != nullptr)
          continue;
        Instruction instruction;
        std::string text;
        decoder.decodeWithText(program.image().bytesFrom(reference.instruction), reference.instruction, instruction,
                               text);
        HOTGATE_CHECK(insert.run(ids[i], reference.instruction, reference.target, program.describe(reference.target),
                                 section->isWritable(), text));
        if (!section->isWritable())
          HOTGATE_CHECK(writePointers(insert, program, ids[i], reference, text));
      }
    return {};
  }

  // `int *const table[] = {&g_first, &g_second}`: code that uses the table uses the variables. The same shape is a
  // reference slot (`__ref_g_first`), which is why each row stands at the pointer's RVA: a rule can see whether the
  // loader binds it.
  static Result<> writePointers(facts::Statement &insert, const Program &program, int64_t function,
                                const Reference &reference, const std::string &text) {
    const auto datum = program.datumContaining(reference.target);
    if (!datum)
      return {};
    const Datum &constant = program.data()[*datum];
    for (const BaseRelocation &relocation : program.relocationsIn({constant.rva, constant.size})) {
      const auto target = program.image().pointerAt(relocation.rva);
      const Section *section = target ? program.image().sectionAt(*target) : nullptr;
      if (section != nullptr && section->isWritable() && !section->isExecutable())
        HOTGATE_CHECK(insert.run(function, reference.instruction, relocation.rva,
                                 fmt::format("{} -> {}", program.describe(relocation.rva), program.describe(*target)),
                                 true, text));
    }
    return {};
  }

  Result<> writeHotpatchPairs() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO hotpatch_pair VALUES (?,?,?,?)"));
    for (const FunctionDifference &difference : analysis_.hotpatchFunctions)
      HOTGATE_CHECK(insert.run(analysis_.module, idOf(post_, difference.pre), idOf(hotpatch_, difference.post),
                               changeStatusName(difference.status)));
    return {};
  }

  static std::optional<int64_t> idOf(const WrittenImage &image, std::optional<FunctionIndex> index) {
    return index ? std::optional<int64_t>(image.functions[*index]) : std::nullopt;
  }

  Result<> writeFunctionPairs() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO function_pair (module, pre, post, status, matched_by, "
                                            "line_only) VALUES (?,?,?,?,?,?)"));
    HOTGATE_TRY(auto reason, facts_.prepare("INSERT INTO change_reason VALUES (?,?)"));
    HOTGATE_TRY(auto row, facts_.prepare("INSERT INTO listing VALUES (?,?,?,?,?,?,?)"));
    for (const FunctionDifference &difference : analysis_.diff.functions) {
      HOTGATE_CHECK(insert.run(analysis_.module, idOf(pre_, difference.pre), idOf(post_, difference.post),
                               changeStatusName(difference.status), difference.matchedBy, difference.lineOnly));
      const int64_t pair = facts_.lastInsertedId();
      for (const std::string &text : difference.reasons)
        HOTGATE_CHECK(reason.run(pair, text));
      for (size_t line = 0; line < difference.listing.size(); ++line)
        HOTGATE_CHECK(writeListingRow(row, pair, line, difference.listing[line]));
    }
    return {};
  }

  Result<> writeOpinions(const WrittenImage &image, const SecondOpinions &opinions) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO second_opinion VALUES (?,?,?,?)"));
    HOTGATE_CHECK(insert.run(image.id, opinions.decoder, opinions.functions, opinions.instructions));
    HOTGATE_TRY(auto function, facts_.prepare("INSERT INTO decoder_disagreement VALUES (?,?,?)"));
    HOTGATE_TRY(auto place, facts_.prepare("INSERT OR IGNORE INTO decoder_disagreement_place VALUES (?,?,?,?,?)"));
    for (const auto &[index, opinion] : opinions.disagreeing) {
      HOTGATE_CHECK(function.run(image.functions[index], opinion.contradicted, opinion.unknown));
      for (const DecoderDisagreement &d : opinion.places)
        HOTGATE_CHECK(
            place.run(image.functions[index], d.rva, disagreementKindName(d.kind), d.llvmText, d.capstoneText));
    }
    return {};
  }

  static Result<> writeListingRow(facts::Statement &insert, int64_t pair, size_t line, const ListingRow &row) {
    const auto textOf = [](const std::optional<uint32_t> &rva, const std::string &text) {
      return rva ? std::optional<std::string>(text) : std::nullopt;
    };
    return insert.run(pair, line, row.preRva, textOf(row.preRva, row.preText), row.postRva,
                      textOf(row.postRva, row.postText), row.differs);
  }

  Result<> writeTypes() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO type_pair (module, name, kind, status, pre_size, post_size) "
                                            "VALUES (?,?,?,?,?,?)"));
    HOTGATE_TRY(auto field, facts_.prepare("INSERT INTO field_pair VALUES (?,?,?,?,?,?,?,?)"));
    for (const TypeDifference &type : analysis_.diff.types) {
      HOTGATE_CHECK(insert.run(analysis_.module, type.name, type.kind, changeStatusName(type.status), type.preSize,
                               type.postSize));
      const int64_t id = facts_.lastInsertedId();
      for (size_t ordinal = 0; ordinal < type.fields.size(); ++ordinal) {
        const FieldDifference &f = type.fields[ordinal];
        HOTGATE_CHECK(field.run(id, ordinal, f.name, fieldStatusName(f.status), f.preOffset, f.postOffset, f.preType,
                                f.postType));
      }
    }
    return {};
  }

  Result<> writeGlobals() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO global_pair (module, name, status, pre_rva, "
                                            "post_rva, pre_size, post_size, pre_type, post_type, mutable, "
                                            "value_changed) VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
    for (const GlobalDifference &global : analysis_.diff.globals) {
      const Datum *pre = global.pre ? &analysis_.pre.program.data()[*global.pre] : nullptr;
      const Datum *post = global.post ? &analysis_.post.program.data()[*global.post] : nullptr;
      const auto rva = [](const Datum *datum) { return datum ? std::optional<uint32_t>(datum->rva) : std::nullopt; };
      const auto size = [](const Datum *datum) { return datum ? std::optional<uint32_t>(datum->size) : std::nullopt; };
      const auto type = [](const Datum *datum) {
        return datum ? std::optional<std::string>(datum->typeName) : std::nullopt;
      };
      HOTGATE_CHECK(insert.run(analysis_.module, global.name, changeStatusName(global.status), rva(pre), rva(post),
                               size(pre), size(post), type(pre), type(post), global.isMutable, global.valueChanged));
    }
    return {};
  }

  Result<> writeLedger() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO ledger VALUES (?,?,?,?)"));
    for (const auto &[cause, bytes] : analysis_.diff.ledger.byCause)
      HOTGATE_CHECK(insert.run(analysis_.module, causeName(cause), bytes.pre, bytes.post));
    HOTGATE_TRY(auto range, facts_.prepare("INSERT INTO ledger_unattributed VALUES (?,?,?,?,?)"));
    for (const UnattributedRange &r : analysis_.diff.ledger.unattributed)
      HOTGATE_CHECK(range.run(analysis_.module, r.isPost ? "post" : "pre", r.fileOffset, r.size, r.section));
    return {};
  }

  Result<> writeHotpatchTable(const HotpatchTable &table) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO hotpatch VALUES (?,?,?,?,?,?)"));
    HOTGATE_CHECK(insert.run(hotpatch_.id, table.version, table.size, table.sequence, table.minSequence, table.flags));
    HOTGATE_TRY(auto base, facts_.prepare("INSERT INTO hotpatch_base VALUES (?,?,?,?,?,?)"));
    for (size_t i = 0; i < table.bases.size(); ++i)
      HOTGATE_CHECK(base.run(hotpatch_.id, i, table.bases[i].sequence, table.bases[i].flags, table.bases[i].timestamp,
                             table.bases[i].checksum));
    HOTGATE_TRY(auto insertRecord, facts_.prepare("INSERT INTO hotpatch_record VALUES (?,?,?,?,?,?,?,?)"));
    for (size_t i = 0; i < table.records.size(); ++i) {
      const HotpatchRecord &record = table.records[i];
      const uint32_t baseRva = record.inverse ? record.targetRva : record.writtenRva;
      const uint32_t hotpatchRva = record.inverse ? record.writtenRva : record.targetRva;
      const auto baseFunction = analysis_.pre.program.functionAtEntry(baseRva);
      const auto hotpatchFunction = analysis_.hotpatch->program.functionAtEntry(hotpatchRva);
      HOTGATE_CHECK(insertRecord.run(
          hotpatch_.id, i, hotpatchRecordKindName(record.type), record.inverse, record.writtenRva, record.targetRva,
          baseFunction ? std::optional<int64_t>(pre_.functions[*baseFunction]) : std::nullopt,
          hotpatchFunction ? std::optional<int64_t>(hotpatch_.functions[*hotpatchFunction]) : std::nullopt));
    }
    return {};
  }

  // Evidence is there when every image of the module has it.
  Result<> writeEvidence() {
    SymbolLevel level = SymbolLevel::privateLevel;
    std::string lacking;
    const auto look = [&](const AnalyzedImage &image) {
      if (image.program.symbols().level < level) {
        level = image.program.symbols().level;
        lacking = fmt::format("{} has {} symbols", image.displayPath, symbolLevelName(level));
      }
    };
    look(analysis_.pre);
    look(analysis_.post);
    if (analysis_.hotpatch)
      look(*analysis_.hotpatch);
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO evidence VALUES (?,?,?,?)"));
    const bool isPrivate = level == SymbolLevel::privateLevel;
    const bool isPublic = level >= SymbolLevel::publicOnly;
    HOTGATE_CHECK(insert.run("private", analysis_.module, isPrivate, isPrivate ? "" : lacking));
    return insert.run("public", analysis_.module, isPublic, isPublic ? "" : lacking);
  }

  Result<> writeUndecoded() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO not_evaluated VALUES (?,?)"));
    const auto add = [&](const AnalyzedImage &image) -> Result<> {
      for (const Function &function : image.program.functions())
        if (function.undecodableAt)
          HOTGATE_CHECK(
              insert.run(fmt::format("{}!{}", analysis_.module, function.name),
                         fmt::format("{}: does not decode at RVA 0x{:x}", image.displayPath, *function.undecodableAt)));
      return {};
    };
    HOTGATE_CHECK(add(analysis_.pre));
    HOTGATE_CHECK(add(analysis_.post));
    return analysis_.hotpatch ? add(*analysis_.hotpatch) : Result<>();
  }

  // Two overloads of a static function, or a folded body that the update keeps apart: the post function has a pre
  // function's name, but no partner. Whether it changed is not known.
  Result<> writeUnpairedNames() {
    std::set<std::string_view> preNames;
    for (const Function &function : analysis_.pre.program.functions())
      for (const std::string &name : function.allNames())
        preNames.insert(name);
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO not_evaluated VALUES (?,?)"));
    for (const FunctionDifference &difference : analysis_.diff.functions) {
      if (difference.status != ChangeStatus::added)
        continue;
      const Function &function = analysis_.post.program.functions()[*difference.post];
      if (std::ranges::any_of(function.allNames(), [&](const std::string &name) { return preNames.contains(name); }))
        HOTGATE_CHECK(
            insert.run(fmt::format("{}!{}", analysis_.module, function.name),
                       "has no partner in pre, although functions there have its name: several functions share "
                       "it, or one body there serves several names"));
    }
    return {};
  }

  // A PDB can know one object file's types and another's names only.
  Result<> writePartialSymbols(const AnalyzedImage &image) {
    if (image.program.symbols().level != SymbolLevel::privateLevel)
      return {};
    std::vector<std::string> unknown;
    for (const Function &function : image.program.functions())
      if (function.source != FunctionSource::pdb && importOfThunk(image.program, function) == nullptr)
        unknown.push_back(function.name);
    if (unknown.empty())
      return {};
    const size_t shown = std::min<size_t>(unknown.size(), 3);
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO not_evaluated VALUES (?,?)"));
    return insert.run(
        analysis_.module,
        fmt::format("{}: the PDB has no private symbols for {} functions ({}{}), so their types are unknown",
                    image.displayPath, unknown.size(),
                    fmt::join(unknown.begin(), unknown.begin() + static_cast<ptrdiff_t>(shown), ", "),
                    unknown.size() > shown ? ", ..." : ""));
  }

  facts::Database &facts_;
  const ModuleAnalysis &analysis_;
  WrittenImage pre_, post_, hotpatch_;
};

} // namespace

Result<> writeModule(facts::Database &facts, const ModuleAnalysis &analysis) { return Writer(facts, analysis).write(); }

} // namespace hotgate::analyzer
