#include "analyzer/facts/analysis_writer.h"

#include "analyzer/code/import_calls.h"
#include "analyzer/code/registrations.h"
#include "analyzer/facts/contract_writer.h"
#include "analyzer/facts/data_writer.h"
#include "analyzer/facts/hotpatch_writer.h"
#include "analyzer/facts/inferred_writer.h"
#include "analyzer/facts/layout_writer.h"
#include "analyzer/facts/written_module.h"
#include "analyzer/image/image_properties.h"

#include <algorithm>
#include <llvm/ADT/StringRef.h>
#include <set>

namespace hotgate::analyzer {

namespace {

class Writer {
public:
  Writer(facts::Database &facts, const ModuleAnalysis &analysis) : facts_(facts), analysis_(analysis) {}

  Result<> write() {
    HOTGATE_CHECK(facts_.execute("BEGIN"));
    HOTGATE_TRY(written_.pre, writeImage(analysis_.pre, "pre"));
    HOTGATE_TRY(written_.post, writeImage(analysis_.post, "post"));
    HOTGATE_CHECK(writeImportCalls(analysis_.pre.program, written_.pre.functions));
    HOTGATE_CHECK(writeImportCalls(analysis_.post.program, written_.post.functions));
    HOTGATE_CHECK(writeRegistrations(analysis_.pre.program, written_.pre.functions));
    HOTGATE_CHECK(writeRegistrations(analysis_.post.program, written_.post.functions));
    HOTGATE_CHECK(writeFunctionPairs());
    HOTGATE_CHECK(writeContracts(facts_, analysis_, written_));
    HOTGATE_CHECK(writeLayouts(facts_, analysis_, written_.pre.functions));
    HOTGATE_CHECK(writeInferredLayouts(facts_, analysis_, written_));
    HOTGATE_CHECK(writeLedger());
    HOTGATE_CHECK(writeOpinions(written_.pre, analysis_.preOpinions));
    HOTGATE_CHECK(writeOpinions(written_.post, analysis_.postOpinions));
    if (analysis_.hotpatch) {
      HOTGATE_TRY(written_.hotpatch, writeImage(*analysis_.hotpatch, "hotpatch"));
      HOTGATE_CHECK(writeImportCalls(analysis_.hotpatch->program, written_.hotpatch.functions));
      HOTGATE_CHECK(writeHotpatch(facts_, analysis_, written_));
      HOTGATE_CHECK(writeOpinions(written_.hotpatch, analysis_.hotpatchOpinions));
    }
    HOTGATE_CHECK(writeData(facts_, analysis_, written_));
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
                               "file_size, sha256, symbols) VALUES (?,?,?,?,?,?,?,?,?,?)"));
    HOTGATE_CHECK(insert.run(analysis_.module, side, analyzed.displayPath, machineName(image.machine()),
                             image.timestamp(), image.checksum(), image.sizeOfImage(), image.fileBytes().size(),
                             analyzed.sha256, symbolLevelName(program.symbols().level)));
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
    HOTGATE_TRY(const auto found, registrations(program));
    for (const Registration &registration : found) {
      const auto registrar = program.functionContaining(registration.site);
      HOTGATE_CHECK(insert.run(ids[registration.function], registeredAsName(registration.as), registration.by,
                               registrar ? std::optional<int64_t>(ids[*registrar]) : std::nullopt, registration.site));
    }
    return {};
  }

  Result<> writeFunctionPairs() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO function_pair (module, pre, post, status, matched_by, "
                                            "line_only) VALUES (?,?,?,?,?,?)"));
    HOTGATE_TRY(auto reason, facts_.prepare("INSERT INTO change_reason VALUES (?,?)"));
    HOTGATE_TRY(auto row, facts_.prepare("INSERT INTO listing VALUES (?,?,?,?,?,?,?)"));
    for (const FunctionDifference &difference : analysis_.diff.functions) {
      HOTGATE_CHECK(insert.run(analysis_.module, written_.pre.idOf(difference.pre), written_.post.idOf(difference.post),
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

  Result<> writeLedger() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO ledger VALUES (?,?,?,?)"));
    for (const auto &[cause, bytes] : analysis_.diff.ledger.byCause)
      HOTGATE_CHECK(insert.run(analysis_.module, causeName(cause), bytes.pre, bytes.post));
    HOTGATE_TRY(auto range, facts_.prepare("INSERT INTO ledger_unattributed VALUES (?,?,?,?,?)"));
    for (const UnattributedRange &r : analysis_.diff.ledger.unattributed)
      HOTGATE_CHECK(range.run(analysis_.module, r.isPost ? "post" : "pre", r.fileOffset, r.size, r.section));
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
  WrittenModule written_;
};

} // namespace

Result<> writeModule(facts::Database &facts, const ModuleAnalysis &analysis) { return Writer(facts, analysis).write(); }

} // namespace hotgate::analyzer
