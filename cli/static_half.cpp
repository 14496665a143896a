#include "cli/static_half.h"

#include "analyzer/diff/image_diff.h"
#include "analyzer/facts/analysis_writer.h"
#include "analyzer/image/hotpatch_table.h"
#include "cli/loaded_program.h"
#include "cli/previous_hotpatch.h"
#include "support/log.h"
#include "support/mapped_file.h"
#include "support/sha256.h"

#include <algorithm>
#include <llvm/ADT/StringRef.h>
#include <map>

namespace hotgate::cli {

namespace {

// PE images of a folder (or the one file), by lower-case path below it: Windows names have no case.
using ImageFiles = std::map<std::string, std::filesystem::path>;

bool beginsLikeAnImage(const std::filesystem::path &path) {
  const auto file = MappedFile::open(path);
  return file && file->bytes().size() >= 2 && file->bytes()[0] == 'M' && file->bytes()[1] == 'Z';
}

bool hasImageName(const std::filesystem::path &path) {
  const std::string extension = llvm::StringRef(path.extension().string()).lower();
  return extension == ".exe" || extension == ".dll" || extension == ".sys" || extension == ".drv";
}

// A link that leads nowhere counts when its name says so: opening it tells what is wrong.
bool isImageFile(const std::filesystem::directory_entry &entry) {
  std::error_code error;
  if (entry.is_directory(error))
    return false;
  return hasImageName(entry.path()) || (entry.is_regular_file(error) && beginsLikeAnImage(entry.path()));
}

Result<ImageFiles> imageFiles(const std::filesystem::path &path) {
  ImageFiles files;
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    files.emplace(llvm::StringRef(path.filename().string()).lower(), path);
    return files;
  }
  for (auto entry = std::filesystem::recursive_directory_iterator(path, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error))
    // A truncated image does not begin like one, but its name says that it should: it is opened, and refused aloud.
    if (isImageFile(*entry)) {
      const std::string name = llvm::StringRef(entry->path().lexically_relative(path).generic_string()).lower();
      if (!files.emplace(name, entry->path()).second)
        return failInput(entry->path().string(), "", "there is a second file whose name differs in case only",
                         "leave one of them out");
    }
  if (error)
    return failInput(path.string(), "", error.message(), "check the folder and its permissions");
  return files;
}

// "dhcpsrv.exe", or "wow64/dhcpsrv.exe" in a folder of folders.
std::string moduleName(const KbFile &kb, const std::filesystem::path &path) {
  std::error_code error;
  return std::filesystem::is_directory(kb.pre, error) ? path.lexically_relative(kb.pre).generic_string()
                                                      : path.filename().string();
}

Result<> writeInput(const KbFile &kb, const std::filesystem::path &path, facts::Database &facts) {
  HOTGATE_TRY(const MappedFile file, MappedFile::open(path));
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR REPLACE INTO input VALUES (?,?)"));
  return insert.run(kb.display(path), sha256Hex(file.bytes()));
}

Result<> writeInputs(const KbFile &kb, const std::filesystem::path &image, const LoadedProgram &loaded,
                     facts::Database &facts) {
  HOTGATE_CHECK(writeInput(kb, image, facts));
  return loaded.pdb ? writeInput(kb, *loaded.pdb, facts) : Result<>();
}

bool isUnchanged(const analyzer::ImageDiff &diff) {
  return diff.incomplete.empty() && diff.types.empty() && diff.globals.empty() && diff.image.empty() &&
         std::all_of(diff.functions.begin(), diff.functions.end(), [](const analyzer::FunctionDifference &function) {
           return function.status == analyzer::ChangeStatus::identical;
         });
}

// The records of a hotpatch for another base say nothing about this one: HG404 tells it, and no rule judges by them.
std::string lackOfHotpatch(const KbFile &kb, const analyzer::ModuleAnalysis &analysis) {
  if (!analysis.hotpatch && isUnchanged(analysis.diff))
    return {}; // nothing to patch, so nothing is missing
  if (!analysis.hotpatch)
    return kb.hotpatch ? "the KB's hotpatch folder has no image of this name" : "KB.yaml names no hotpatch image";
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
  HOTGATE_TRY(const LoadedPair loaded, loadPair(module.pre, symbols, module.post, symbols, budget));
  const auto &[pre, post] = loaded;
  HOTGATE_CHECK(writeInputs(kb, module.pre, pre, facts));
  HOTGATE_CHECK(writeInputs(kb, module.post, post, facts));
  HOTGATE_TRY(const analyzer::ImageDiff diff, analyzer::diffPrograms(pre.program, post.program, budget));
  std::vector<std::string> incomplete = diff.incomplete;
  std::optional<LoadedProgram> hotpatch;
  std::optional<analyzer::HotpatchTable> table;
  analyzer::ImageDiff hotpatchDiff; // of post and hotpatch
  if (module.hotpatch) {
    HOTGATE_TRY(hotpatch, loadProgram(*module.hotpatch, symbols, budget));
    HOTGATE_CHECK(writeInputs(kb, *module.hotpatch, *hotpatch, facts));
    HOTGATE_TRY(table, analyzer::readHotpatchTable(hotpatch->program.image()));
    HOTGATE_TRY(hotpatchDiff, analyzer::diffPrograms(post.program, hotpatch->program, budget));
    std::ranges::copy(hotpatchDiff.incomplete, std::back_inserter(incomplete));
  }
  analyzer::ModuleAnalysis analysis{module.name,
                                    {pre.program, kb.display(module.pre)},
                                    {post.program, kb.display(module.post)},
                                    diff,
                                    std::nullopt,
                                    std::move(table),
                                    std::move(hotpatchDiff.functions),
                                    {},
                                    {},
                                    {}};
  if (hotpatch)
    analysis.hotpatch.emplace(analyzer::AnalyzedImage{hotpatch->program, kb.display(*module.hotpatch)});
  HOTGATE_CHECK(askSecondDecoder(analysis, budget));
  for (const analyzer::SecondOpinions *opinions :
       {&analysis.preOpinions, &analysis.postOpinions, &analysis.hotpatchOpinions})
    if (!opinions->incomplete.empty())
      incomplete.push_back(opinions->incomplete);
  HOTGATE_CHECK(writeModule(facts, analysis));
  HOTGATE_CHECK(writeIncomplete(module.name, incomplete, facts));
  HOTGATE_CHECK(writePreviousHotpatch(kb, module.name, facts));
  return writeHotpatchEvidence(module.name, incomplete.empty() ? lackOfHotpatch(kb, analysis) : incomplete.front(),
                               facts);
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
  HOTGATE_CHECK(writeInput(kb, kb.folder / kb.fileName, facts));
  return kb.lab ? writeInput(kb, *kb.lab, facts) : Result<>();
}

} // namespace

Result<std::vector<Module>> pairModules(const KbFile &kb, facts::Database &facts) {
  HOTGATE_TRY(const ImageFiles pre, imageFiles(kb.pre));
  HOTGATE_TRY(const ImageFiles post, imageFiles(kb.post));
  ImageFiles hotpatch;
  if (kb.hotpatch) {
    HOTGATE_TRY(hotpatch, imageFiles(*kb.hotpatch));
  }
  HOTGATE_TRY(auto lonely, facts.prepare("INSERT OR IGNORE INTO not_evaluated VALUES (?,?)"));
  std::vector<Module> modules;
  for (const auto &[name, path] : pre) {
    const auto partner = post.find(name);
    if (partner == post.end()) {
      HOTGATE_CHECK(lonely.run(name, fmt::format("{} has no image of this name in post", kb.display(path))));
      continue;
    }
    Module module{moduleName(kb, path), path, partner->second, std::nullopt};
    if (const auto patch = hotpatch.find(name); patch != hotpatch.end())
      module.hotpatch = patch->second;
    modules.push_back(std::move(module));
  }
  for (const auto &[name, path] : post)
    if (!pre.contains(name))
      HOTGATE_CHECK(lonely.run(name, fmt::format("{} has no image of this name in pre", kb.display(path))));
  for (const auto &[name, path] : hotpatch)
    if (!pre.contains(name) || !post.contains(name))
      HOTGATE_CHECK(lonely.run(name, fmt::format("{} patches an image that pre or post lacks", kb.display(path))));
  if (modules.empty())
    return failInput(kb.fileName, "", "pre and post have no image of the same name",
                     "give two folders with the same .exe and .dll names, or two single images with one name");
  return modules;
}

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
