#include "analyzer/facts/hotpatch_writer.h"

#include "analyzer/code/decoder.h"
#include "analyzer/facts/hotpatch_audit_writer.h"

namespace hotgate::analyzer {

namespace {

// `int *const table[] = {&g_first, &g_second}`: code that uses the table uses the variables. The same shape is a
// reference slot (`__ref_g_first`), which is why each row stands at the pointer's RVA: a rule can see whether the
// loader binds it.
Result<> writePointers(facts::Statement &insert, const Program &program, int64_t function, const Reference &reference,
                       const std::string &text) {
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

// Only of the hotpatch image: it is the one whose data is a second copy.
Result<> writeDataAccesses(facts::Database &facts, const Program &program, const FunctionIds &ids) {
  HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR REPLACE INTO data_access VALUES (?,?,?,?,?,?)"));
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

Result<> writeHotpatchPairs(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO hotpatch_pair VALUES (?,?,?,?)"));
  for (const FunctionDifference &difference : analysis.hotpatchFunctions)
    HOTGATE_CHECK(insert.run(analysis.module, written.post.idOf(difference.pre), written.hotpatch.idOf(difference.post),
                             changeStatusName(difference.status)));
  return {};
}

Result<> writeHotpatchTable(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  const HotpatchTable &table = *analysis.hotpatchTable;
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO hotpatch VALUES (?,?,?,?,?,?)"));
  HOTGATE_CHECK(
      insert.run(written.hotpatch.id, table.version, table.size, table.sequence, table.minSequence, table.flags));
  HOTGATE_TRY(auto base, facts.prepare("INSERT INTO hotpatch_base VALUES (?,?,?,?,?,?)"));
  for (size_t i = 0; i < table.bases.size(); ++i)
    HOTGATE_CHECK(base.run(written.hotpatch.id, i, table.bases[i].sequence, table.bases[i].flags,
                           table.bases[i].timestamp, table.bases[i].checksum));
  HOTGATE_TRY(auto insertRecord, facts.prepare("INSERT INTO hotpatch_record VALUES (?,?,?,?,?,?,?,?)"));
  for (size_t i = 0; i < table.records.size(); ++i) {
    const HotpatchRecord &record = table.records[i];
    const uint32_t baseRva = record.inverse ? record.targetRva : record.writtenRva;
    const uint32_t hotpatchRva = record.inverse ? record.writtenRva : record.targetRva;
    const auto baseFunction = analysis.pre.program.functionAtEntry(baseRva);
    const auto hotpatchFunction = analysis.hotpatch->program.functionAtEntry(hotpatchRva);
    HOTGATE_CHECK(insertRecord.run(written.hotpatch.id, i, hotpatchRecordKindName(record.type), record.inverse,
                                   record.writtenRva, record.targetRva, written.pre.idOf(baseFunction),
                                   written.hotpatch.idOf(hotpatchFunction)));
  }
  return {};
}

} // namespace

Result<> writeHotpatch(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  HOTGATE_CHECK(writeDataAccesses(facts, analysis.hotpatch->program, written.hotpatch.functions));
  HOTGATE_CHECK(writeHotpatchPairs(facts, analysis, written));
  if (analysis.hotpatchTable)
    HOTGATE_CHECK(writeHotpatchTable(facts, analysis, written));
  return writeHotpatchAudit(facts, analysis.hotpatchAudit, written.hotpatch.id);
}

} // namespace hotgate::analyzer
