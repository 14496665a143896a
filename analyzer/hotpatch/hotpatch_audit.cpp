#include "analyzer/hotpatch/hotpatch_audit.h"

namespace hotgate::analyzer {

HotpatchAudit auditHotpatch(const AuditedImage &base, const AuditedImage &hotpatch, const HotpatchReading &reading) {
  HotpatchAudit audit;
  audit.loader = predictLoader(base.image, hotpatch.image, reading);
  if (!audit.loader.base)
    return audit;
  const HotpatchTable &table = *reading.table;
  audit.records.reserve(table.records.size());
  for (size_t i = 0; i < table.records.size(); ++i) {
    const HotpatchRecord &record = table.records[i];
    const AuditedImage &written = record.inverse ? hotpatch : base;
    const AuditedImage &target = record.inverse ? base : hotpatch;
    // A record for another base has names in images that are not here.
    if (record.base != *audit.loader.base) {
      audit.records.emplace_back();
      continue;
    }
    audit.records.push_back({written.names.describe(record.writtenRva), target.names.describe(record.targetRva),
                             predictWrite(written.image, table, i)});
  }
  audit.oddities = auditRecords(base, hotpatch, table, *audit.loader.base);
  return audit;
}

} // namespace hotgate::analyzer
