#include "analyzer/facts/hotpatch_audit_writer.h"

namespace hotgate::analyzer {

namespace {

Result<> writeRefusals(facts::Database &facts, const HotpatchAudit &audit, int64_t image) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO loader_refusal VALUES (?,?,?,?,?,?,?,?)"));
  for (size_t i = 0; i < audit.loader.refusals.size(); ++i) {
    const LoaderRefusal &refusal = audit.loader.refusals[i];
    HOTGATE_CHECK(insert.run(image, i, refusal.record, refusal.status, refusal.rva, refusal.fileOffset, refusal.place,
                             refusal.reason));
  }
  return {};
}

Result<> writeWrites(facts::Database &facts, const HotpatchAudit &audit, int64_t image) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO predicted_write VALUES (?,?,?,?,?,?,?,?,?,?)"));
  for (const AuditedRecord &record : audit.records)
    if (record.write)
      HOTGATE_CHECK(insert.run(image, record.write->record, record.write->inHotpatch ? "hotpatch" : "pre",
                               record.write->rva, record.write->size, writtenValueName(record.write->value),
                               record.write->targetRva, record.writtenName, record.write->before, record.write->after));
  return {};
}

Result<> writeOddities(facts::Database &facts, const HotpatchAudit &audit, int64_t image) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO hotpatch_oddity VALUES (?,?,?,?,?,?)"));
  for (size_t i = 0; i < audit.oddities.size(); ++i) {
    const HotpatchOddity &oddity = audit.oddities[i];
    HOTGATE_CHECK(insert.run(image, i, oddity.record, oddityName(oddity.kind), oddity.name, oddity.text));
  }
  return {};
}

} // namespace

Result<> writeHotpatchAudit(facts::Database &facts, const HotpatchAudit &audit, int64_t image) {
  HOTGATE_CHECK(writeRefusals(facts, audit, image));
  HOTGATE_CHECK(writeWrites(facts, audit, image));
  return writeOddities(facts, audit, image);
}

} // namespace hotgate::analyzer
