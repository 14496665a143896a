#include "cli/static_half.h"

#include "analyzer/diff/image_diff.h"
#include "analyzer/facts/analysis_writer.h"
#include "analyzer/image/hotpatch_table.h"
#include "cli/input_fact.h"
#include "cli/loaded_program.h"
#include "cli/previous_hotpatch.h"
#include "support/log.h"
#include "support/mapped_file.h"
#include "support/sha256.h"

#include <algorithm>

namespace hotgate::cli {

namespace {

Result<> writeInputFile(const std::string &display, const std::filesystem::path &path, facts::Database &facts) {
  HOTGATE_TRY(const MappedFile file, MappedFile::open(path));
  return writeInput(facts, display, sha256Hex(file.bytes()));
}

// The image of pre or post is among the inputs already.
Result<> writePdb(const KbFile &kb, const LoadedProgram &loaded, facts::Database &facts) {
  return loaded.pdb ? writeInputFile(kb.display(*loaded.pdb), *loaded.pdb, facts) : Result<>();
}

Result<LoadedPair> loadBoth(const Module &module, const SymbolSource &symbols, const Budget &budget) {
  auto loaded = loadPair(module.pre.path, symbols, module.post.path, symbols, budget);
  if (!loaded)
    return Failure(shownAs(shownAs(std::move(loaded).error(), module.pre.path, module.pre.display), module.post.path,
                           module.post.display));
  return loaded;
}

Result<LoadedProgram> loadHotpatch(const ModuleFile &file, const SymbolSource &symbols, const Budget &budget) {
  auto loaded = loadProgram(file.path, symbols, budget);
  if (!loaded)
    return Failure(shownAs(std::move(loaded).error(), file.path, file.display));
  return loaded;
}

analyzer::HotpatchAudit audited(const analyzer::Program &base, const std::optional<LoadedProgram> &hotpatch,
                                const analyzer::HotpatchReading &reading) {
  if (!hotpatch)
    return {};
  const analyzer::PlaceNames baseNames(base.image(), base.symbols());
  const analyzer::Program &patch = hotpatch->program;
  const analyzer::PlaceNames patchNames(patch.image(), patch.symbols());
  return auditHotpatch({base.image(), baseNames}, {patch.image(), patchNames}, reading);
}

bool isUnchanged(const analyzer::ImageDiff &diff) {
  return diff.incomplete.empty() && diff.types.empty() && diff.hierarchies.empty() && diff.globals.empty() &&
         diff.image.empty() &&
         std::all_of(diff.functions.begin(), diff.functions.end(), [](const analyzer::FunctionDifference &function) {
           return function.status == analyzer::ChangeStatus::identical;
         });
}

// Records that cannot be read say nothing, and those of a hotpatch for another base nothing about this one: HG411 and
// HG404 tell it, and no rule judges by them.
std::string lackOfHotpatch(const KbFile &kb, const analyzer::ModuleAnalysis &analysis, bool isWhole) {
  if (!analysis.hotpatch && isUnchanged(analysis.diff))
    return {}; // nothing to patch, so nothing is missing
  if (!analysis.hotpatch)
    return kb.hotpatch ? "the KB's hotpatch folder has no image of this name" : "KB.yaml names no hotpatch image";
  if (!isWhole)
    return "the hotpatch table cannot be read to its end";
  if (!analysis.hotpatchTable)
    return "the image in the hotpatch folder has no hotpatch table";
  const analyzer::Image &pre = analysis.pre.program.image();
  for (const analyzer::HotpatchBase &base : analysis.hotpatchTable->bases)
    if (base.timestamp == pre.timestamp() && base.checksum == pre.checksum())
      return {};
  return "the hotpatch image was built for another base";
}

// Rules that judge the hotpatch by what changed need both, whole: "the update has no such function" would be wrong when
// nobody had the time to look for it.
Result<> writeHotpatchEvidence(const std::string &module, const std::string &lack, facts::Database &facts) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO evidence VALUES ('hotpatch',?,?,?)"));
  return insert.run(module, lack.empty(), lack);
}

// Of the functions that the patch changes or adds; in the base also of those that the hotpatch redirects, and in the
// hotpatch image of their replacements.
Result<> askSecondDecoder(analyzer::ModuleAnalysis &analysis, const Budget &budget) {
  std::set<analyzer::FunctionIndex> pre = analyzer::changedInPre(analysis.diff.functions);
  std::set<analyzer::FunctionIndex> replacements = analyzer::changedInPost(analysis.hotpatchFunctions);
  const auto add = [](std::set<analyzer::FunctionIndex> &functions, const analyzer::Program &program, uint32_t rva) {
    if (const auto function = program.functionAtEntry(rva))
      functions.insert(*function);
  };
  if (analysis.hotpatchTable)
    for (const analyzer::HotpatchRecord &record : analysis.hotpatchTable->records)
      if (record.type == hotpatch::ChunkType::function && !record.inverse) {
        add(pre, analysis.pre.program, record.writtenRva);
        add(replacements, analysis.hotpatch->program, record.targetRva);
      }
  HOTGATE_TRY(auto reading, analyzer::SecondReading::begin(analysis.pre.program.image().machine()));
  analysis.preOpinions = reading.of(analysis.pre.program, pre, budget);
  analysis.postOpinions = reading.of(analysis.post.program, analyzer::changedInPost(analysis.diff.functions), budget);
  if (analysis.hotpatch)
    analysis.hotpatchOpinions = reading.of(analysis.hotpatch->program, replacements, budget);
  return {};
}

Result<> writeIncomplete(const std::string &module, const std::vector<std::string> &incomplete,
                         facts::Database &facts) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR IGNORE INTO not_evaluated VALUES (?,?)"));
  for (const std::string &sentence : incomplete)
    HOTGATE_CHECK(insert.run(module, sentence));
  return {};
}

Result<> analyzeModule(const KbFile &kb, const Module &module, const BudgetLimits &limits, facts::Database &facts) {
  const Budget budget(limits);
  const SymbolSource symbols{std::nullopt, kb.symbols, false};
  HOTGATE_TRY(const LoadedPair loaded, loadBoth(module, symbols, budget));
  const auto &[pre, post] = loaded;
  HOTGATE_CHECK(writePdb(kb, pre, facts));
  HOTGATE_CHECK(writePdb(kb, post, facts));
  HOTGATE_TRY(const analyzer::ImageDiff diff, analyzer::diffPrograms(pre.program, post.program, budget));
  std::vector<std::string> incomplete = diff.incomplete;
  std::optional<LoadedProgram> hotpatch;
  std::string hotpatchSha256;
  analyzer::HotpatchReading reading;
  analyzer::ImageDiff hotpatchDiff; // of post and hotpatch
  std::vector<analyzer::SlotProof> proofs;
  if (module.hotpatch) {
    HOTGATE_TRY(hotpatch, loadHotpatch(*module.hotpatch, symbols, budget));
    hotpatchSha256 = sha256Hex(hotpatch->program.image().fileBytes());
    HOTGATE_CHECK(writeInput(facts, module.hotpatch->display, hotpatchSha256));
    HOTGATE_CHECK(writePdb(kb, *hotpatch, facts));
    reading = analyzer::readHotpatch(hotpatch->program.image());
    HOTGATE_TRY(hotpatchDiff, analyzer::diffPrograms(post.program, hotpatch->program, budget));
    std::ranges::copy(hotpatchDiff.incomplete, std::back_inserter(incomplete));
    if (reading.table) {
      HOTGATE_TRY(proofs, analyzer::proveThroughSlots(
                              {pre.program, post.program, hotpatch->program, diff, hotpatchDiff, budget},
                              analyzer::boundSlots(*reading.table)));
    }
  }
  analyzer::ModuleAnalysis analysis{module.name,
                                    {pre.program, module.pre.display, module.preSha256},
                                    {post.program, module.post.display, module.postSha256},
                                    diff,
                                    std::nullopt,
                                    reading.table,
                                    audited(pre.program, hotpatch, reading),
                                    std::move(hotpatchDiff.functions),
                                    {},
                                    {},
                                    {},
                                    std::move(proofs),
                                    std::move(hotpatchDiff.pairing),
                                    {}};
  HOTGATE_TRY(analysis.contracts, analyzer::diffContracts(pre.program, post.program, diff, budget));
  if (!analysis.contracts.incomplete.empty())
    incomplete.push_back(analysis.contracts.incomplete);
  if (hotpatch)
    analysis.hotpatch.emplace(analyzer::AnalyzedImage{hotpatch->program, module.hotpatch->display, hotpatchSha256});
  HOTGATE_CHECK(askSecondDecoder(analysis, budget));
  for (const analyzer::SecondOpinions *opinions :
       {&analysis.preOpinions, &analysis.postOpinions, &analysis.hotpatchOpinions})
    if (!opinions->incomplete.empty())
      incomplete.push_back(opinions->incomplete);
  HOTGATE_CHECK(writeModule(facts, analysis));
  HOTGATE_CHECK(writeIncomplete(module.name, incomplete, facts));
  HOTGATE_CHECK(writePreviousHotpatch(module, facts));
  return writeHotpatchEvidence(
      module.name, incomplete.empty() ? lackOfHotpatch(kb, analysis, reading.isWhole) : incomplete.front(), facts);
}

Result<> writeKb(const KbFile &kb, facts::Database &facts) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO kb VALUES (?,?,?)"));
  HOTGATE_CHECK(insert.run(kb.kb, kb.track, kb.baseline));
  HOTGATE_TRY(auto declared, facts.prepare("INSERT OR IGNORE INTO declared_function VALUES (?)"));
  for (const std::string &name : kb.declared)
    HOTGATE_CHECK(declared.run(name));
  HOTGATE_TRY(auto offered, facts.prepare("INSERT OR IGNORE INTO offered VALUES (?)"));
  for (const std::string &machines : kb.offered)
    HOTGATE_CHECK(offered.run(machines));
  HOTGATE_CHECK(writeInputFile(kb.fileName, kb.folder / kb.fileName, facts));
  return kb.lab ? writeInputFile(kb.display(*kb.lab), *kb.lab, facts) : Result<>();
}

} // namespace

Result<> analyzeModules(const KbFile &kb, const std::vector<Module> &modules, const BudgetLimits &limits,
                        facts::Database &facts) {
  HOTGATE_CHECK(writeKb(kb, facts));
  for (size_t i = 0; i < modules.size(); ++i) {
    log::progress(fmt::format("{}: analyze {} ({} of {})", kb.kb, modules[i].name, i + 1, modules.size()));
    HOTGATE_CHECK(analyzeModule(kb, modules[i], limits, facts));
  }
  return {};
}

} // namespace hotgate::cli
