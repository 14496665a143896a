#include "analyzer/facts/hot_fix_writer.h"

#include <algorithm>

namespace hotgate::analyzer {

Result<> writeHotpatchMarks(facts::Database &facts, const Program &program, const WrittenImage &written) {
  const std::vector<std::string> &marks = program.symbols().hotpatchMarks;
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO hotpatch_marked VALUES (?)"));
  for (FunctionIndex i = 0; i < program.functions().size() && !marks.empty(); ++i) {
    const Function &function = program.functions()[i];
    const auto isMarked = [&](const std::string &name) { return std::ranges::binary_search(marks, name); };
    if (isMarked(function.linkageName) || std::ranges::any_of(function.allNames(), isMarked))
      HOTGATE_CHECK(insert.run(written.functions[i]));
  }
  return {};
}

Result<> writeSlotProofs(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  HOTGATE_TRY(auto proved, facts.prepare("INSERT INTO slot_proof VALUES (?,?,?)"));
  HOTGATE_TRY(auto line, facts.prepare("INSERT INTO slot_listing VALUES (?,?,?,?,?,?,?)"));
  const auto textOf = [](const std::optional<uint32_t> &rva, const std::string &text) {
    return rva ? std::optional<std::string>(text) : std::nullopt;
  };
  for (const SlotProof &proof : analysis.slotProofs) {
    const int64_t function = written.hotpatch.functions[proof.hotpatch];
    HOTGATE_CHECK(proved.run(function, proof.isProved(), proof.obstacle));
    for (size_t i = 0; i < proof.bodies.size(); ++i) {
      const ListingRow &row = proof.bodies[i];
      HOTGATE_CHECK(line.run(function, i, row.preRva, textOf(row.preRva, row.preText), row.postRva,
                             textOf(row.postRva, row.postText), row.differs));
    }
  }
  return {};
}

} // namespace hotgate::analyzer
