#include "analyzer/facts/data_writer.h"

#include "analyzer/code/data_uses.h"
#include "analyzer/code/masked_body.h"
#include "analyzer/code/reached_functions.h"
#include "analyzer/diff/alignment_needs.h"
#include "analyzer/diff/function_tables.h"
#include "analyzer/diff/static_diff.h"
#include "analyzer/image/tls_directory.h"

#include <llvm/BinaryFormat/COFF.h>
#include <map>
#include <set>

namespace hotgate::analyzer {

namespace {

class DataWriter {
public:
  DataWriter(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written)
      : facts_(facts), analysis_(analysis), written_(written),
        referents_(analysis.pre.program, analysis.post.program, *analysis.diff.pairing) {}

  Result<> write() {
    HOTGATE_CHECK(readIds());
    HOTGATE_CHECK(writePlaces());
    HOTGATE_CHECK(writeUses(analysis_.pre.program, written_.pre, dataOf(&GlobalDifference::pre)));
    HOTGATE_CHECK(writeUses(analysis_.post.program, written_.post, dataOf(&GlobalDifference::post)));
    HOTGATE_CHECK(writeFunctionTables());
    HOTGATE_CHECK(writeConstantOnly());
    HOTGATE_CHECK(writeAlignmentNeeds());
    HOTGATE_CHECK(writeStatics());
    HOTGATE_CHECK(writeThreadBlock(analysis_.pre.program, written_.pre));
    HOTGATE_CHECK(writeThreadBlock(analysis_.post.program, written_.post));
    return analysis_.hotpatch ? writeOfHotpatch(analysis_.hotpatch->program) : Result<>();
  }

private:
  using Ids = std::map<DatumIndex, int64_t>; // of global_pair

  Result<> readIds() {
    HOTGATE_TRY(auto rows, facts_.prepare("SELECT name, global_id FROM global_pair WHERE module = ?"));
    HOTGATE_CHECK(rows.bindAll(analysis_.module));
    while (true) {
      HOTGATE_TRY(const bool isRow, rows.step());
      if (!isRow)
        return {};
      ids_.emplace(rows.text(0), rows.integer(1));
    }
  }

  Ids dataOf(std::optional<DatumIndex> GlobalDifference::*side) const {
    Ids data;
    for (const GlobalDifference &global : analysis_.diff.globals)
      if (global.*side)
        data.emplace(*(global.*side), ids_.at(global.name));
    return data;
  }

  // A side of a row in global_place.
  struct Place {
    const Datum *datum = nullptr;
    const Section *section = nullptr;
    std::optional<uint32_t> offset; // in a thread's block

    [[nodiscard]] std::optional<std::string> sectionName() const {
      return section ? std::optional(section->name) : std::nullopt;
    }
    [[nodiscard]] std::optional<int> writable() const {
      return section ? std::optional<int>(section->isWritable()) : std::nullopt;
    }
    [[nodiscard]] std::optional<int> shared() const {
      return section ? std::optional<int>((section->characteristics & llvm::COFF::IMAGE_SCN_MEM_SHARED) != 0)
                     : std::nullopt;
    }
  };

  static Place placeOf(const Program &program, std::optional<DatumIndex> index,
                       const std::optional<TlsDirectory> &tls) {
    if (!index)
      return {};
    Place place{&program.data()[*index], program.image().sectionAt(program.data()[*index].rva), std::nullopt};
    if (place.datum->isThreadLocal && tls && place.datum->rva >= tls->templateRva)
      place.offset = place.datum->rva - tls->templateRva;
    return place;
  }

  static std::string_view kindOf(const Place &pre, const Place &post) {
    const auto isTrue = [&](auto property) {
      return (pre.datum != nullptr && property(pre)) || (post.datum != nullptr && property(post));
    };
    if (isTrue([](const Place &place) { return place.datum->isThreadLocal; }))
      return "thread";
    if (isTrue([](const Place &place) { return isVtableName(place.datum->name); }))
      return "vtable";
    return isTrue([](const Place &place) { return place.writable() == 1; }) ? "variable" : "constant";
  }

  // Of the data that differ, those that a pointer in writable memory leads to.
  static std::set<DatumIndex> pointedFromVariables(const Program &program, const Ids &wanted) {
    std::set<DatumIndex> pointed;
    if (wanted.empty())
      return pointed;
    for (const BaseRelocation &relocation : program.image().relocations()) {
      const Section *section = program.image().sectionAt(relocation.rva);
      const auto target = section != nullptr && section->isWritable() && !section->isExecutable()
                              ? program.image().pointerAt(relocation.rva)
                              : std::nullopt;
      const auto datum = target ? program.datumContaining(*target) : std::nullopt;
      if (datum && wanted.contains(*datum))
        pointed.insert(*datum);
    }
    return pointed;
  }

  Result<> writePlaces() {
    const auto preTls = readTlsDirectory(analysis_.pre.program.image());
    const auto postTls = readTlsDirectory(analysis_.post.program.image());
    const auto prePointed = pointedFromVariables(analysis_.pre.program, dataOf(&GlobalDifference::pre));
    const auto postPointed = pointedFromVariables(analysis_.post.program, dataOf(&GlobalDifference::post));
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO global_place VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
    for (const GlobalDifference &global : analysis_.diff.globals) {
      const Place pre = placeOf(analysis_.pre.program, global.pre, preTls);
      const Place post = placeOf(analysis_.post.program, global.post, postTls);
      const bool inPointer =
          (global.pre && prePointed.contains(*global.pre)) || (global.post && postPointed.contains(*global.post));
      HOTGATE_CHECK(insert.run(ids_.at(global.name), kindOf(pre, post), pre.sectionName(), post.sectionName(),
                               pre.writable(), post.writable(), pre.shared(), post.shared(), pre.offset, post.offset,
                               inPointer));
    }
    return {};
  }

  Result<> writeUses(const Program &program, const WrittenImage &image, const Ids &data) {
    std::set<DatumIndex> wanted;
    for (const auto &[datum, id] : data)
      wanted.insert(datum);
    HOTGATE_TRY(const auto uses, dataUses(program, wanted));
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO data_use VALUES (?,?,?,?,?)"));
    for (const DataUse &use : uses)
      HOTGATE_CHECK(
          insert.run(data.at(use.datum), image.functions[use.function], use.reads, use.writes, use.takesAddress));
    return {};
  }

  Result<> writeFunctionTables() {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO function_table_entry VALUES (?,?,?,?)"));
    for (const GlobalDifference &global : analysis_.diff.globals)
      for (const TableEntryDifference &entry : diffFunctionTable(referents_, global))
        HOTGATE_CHECK(insert.run(ids_.at(global.name), entry.offset, written_.pre.idOf(entry.pre),
                                 written_.post.idOf(entry.post)));
    return {};
  }

  // Every reference of the function is the same, or both lead to a datum that is in global_pair.
  [[nodiscard]] bool isConstantOnly(const FunctionDifference &difference, const Ids &preData) const {
    const Program &pre = analysis_.pre.program;
    const Program &post = analysis_.post.program;
    const Function &preFunction = pre.functions()[*difference.pre];
    const Function &postFunction = post.functions()[*difference.post];
    if (!sameMasked(pre, preFunction, post, postFunction))
      return false;
    for (size_t i = 0; i < preFunction.references.size(); ++i) {
      const Reference &a = preFunction.references[i];
      const Reference &b = postFunction.references[i];
      const bool isInside = preFunction.contains(a.target) && postFunction.contains(b.target);
      if (isInside || referents_.same(a, b))
        continue;
      const auto datum = pre.datumContaining(a.target);
      const auto partner = post.datumContaining(b.target);
      const bool isTold = datum && partner && preData.contains(*datum) &&
                          analysis_.diff.pairing->data.toPost(*datum) == partner &&
                          a.target - pre.data()[*datum].rva == b.target - post.data()[*partner].rva &&
                          !referents_.isMutable(pre, a.target) && !referents_.isMutable(post, b.target);
      if (!isTold)
        return false;
    }
    return true;
  }

  Result<> writeConstantOnly() {
    const Ids preData = dataOf(&GlobalDifference::pre);
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO constant_only_change "
                                            "SELECT pair_id FROM function_pair WHERE pre = ?"));
    for (const FunctionDifference &difference : analysis_.diff.functions)
      if (difference.status == ChangeStatus::changed && difference.reasons == std::set<std::string>{"constant"} &&
          isConstantOnly(difference, preData))
        HOTGATE_CHECK(insert.run(*written_.pre.idOf(difference.pre)));
    return {};
  }

  Result<> writeAlignmentNeeds() {
    HOTGATE_TRY(const auto needs, alignmentNeeds(referents_, analysis_.diff.functions));
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO alignment_need VALUES (?,?,?,?,?,?,?)"));
    for (const AlignmentNeed &need : needs) {
      const Datum &variable = analysis_.pre.program.data()[need.pre];
      HOTGATE_CHECK(insert.run(analysis_.module,
                               variable.name.empty() ? analysis_.pre.program.describe(variable.rva) : variable.name,
                               written_.post.functions[need.function], need.site, need.baseRva, need.bytes, need.text));
    }
    return {};
  }

  Result<> writeStatics() {
    HOTGATE_TRY(const auto statics, diffStatics(referents_));
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO local_static (module, variable, status, style, pre, post, "
                                            "pre_guard_rva, post_guard_rva, pre_begin, pre_end) "
                                            "VALUES (?,?,?,?,?,?,?,?,?,?)"));
    HOTGATE_TRY(auto call, facts_.prepare("INSERT OR IGNORE INTO local_static_call VALUES (?,?)"));
    for (const StaticDifference &difference : statics) {
      const auto functionOf = [](const std::optional<StaticGuard> &guard) {
        return guard ? std::optional(guard->function) : std::nullopt;
      };
      const auto guardOf = [](const std::optional<StaticGuard> &guard) {
        return guard ? std::optional(guard->guardRva) : std::nullopt;
      };
      const std::optional<CodeRange> initialiser = difference.pre && difference.pre->initialiser.size != 0
                                                       ? std::optional(difference.pre->initialiser)
                                                       : std::nullopt;
      HOTGATE_CHECK(insert.run(analysis_.module, difference.variable, changeStatusName(difference.status),
                               guardStyleName((difference.post ? difference.post : difference.pre)->style),
                               written_.pre.idOf(functionOf(difference.pre)),
                               written_.post.idOf(functionOf(difference.post)), guardOf(difference.pre),
                               guardOf(difference.post), initialiser ? std::optional(initialiser->rva) : std::nullopt,
                               initialiser ? std::optional(initialiser->end()) : std::nullopt));
      const int64_t id = facts_.lastInsertedId();
      if (difference.pre)
        for (const FunctionIndex callee : difference.pre->called)
          HOTGATE_CHECK(call.run(id, written_.pre.functions[callee]));
    }
    return {};
  }

  Result<> writeThreadBlock(const Program &program, const WrittenImage &image) {
    const auto directory = readTlsDirectory(program.image());
    if (!directory)
      return {};
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO tls_block VALUES (?,?,?)"));
    return insert.run(image.id, directory->templateSize, directory->zeroFill);
  }

  // The hotpatch image's data go by the update's names.
  Result<> writeOfHotpatch(const Program &program) {
    Ids data;
    for (DatumIndex i = 0; i < program.data().size(); ++i)
      if (const auto id = ids_.find(program.data()[i].name); id != ids_.end())
        data.emplace(i, id->second);
    HOTGATE_CHECK(writeUses(program, written_.hotpatch, data));
    HOTGATE_CHECK(writeThreadBlock(program, written_.hotpatch));
    std::vector<FunctionIndex> replacements;
    if (analysis_.hotpatchTable)
      for (const HotpatchRecord &record : analysis_.hotpatchTable->records)
        if (const auto function = program.functionAtEntry(record.targetRva);
            function && record.type == hotpatch::ChunkType::function && !record.inverse)
          replacements.push_back(*function);
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO patch_reach VALUES (?)"));
    for (const FunctionIndex function : reachedFunctions(program, replacements))
      HOTGATE_CHECK(insert.run(written_.hotpatch.functions[function]));
    return {};
  }

  facts::Database &facts_;
  const ModuleAnalysis &analysis_;
  const WrittenModule &written_;
  Referents referents_;
  std::map<std::string, int64_t, std::less<>> ids_; // of global_pair, by name
};

} // namespace

Result<> writeData(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  return DataWriter(facts, analysis, written).write();
}

} // namespace hotgate::analyzer
