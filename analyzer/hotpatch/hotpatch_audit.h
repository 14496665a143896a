// A hotpatch image against its base: what the loader answers, what each record writes and by which names, what is odd.
#pragma once

#include "analyzer/hotpatch/loader_prediction.h"
#include "analyzer/hotpatch/predicted_write.h"
#include "analyzer/hotpatch/record_audit.h"

namespace hotgate::analyzer {

struct AuditedRecord {
  std::string writtenName; // in the image that is written
  std::string targetName;  // in the other one
  std::optional<PredictedWrite> write;
};

struct HotpatchAudit {
  LoaderPrediction loader;
  std::vector<AuditedRecord> records; // as in the table; empty when it is for another base
  std::vector<HotpatchOddity> oddities;
};

// The records are audited when the image is for this base.
[[nodiscard]] HotpatchAudit auditHotpatch(const AuditedImage &base, const AuditedImage &hotpatch,
                                          const HotpatchReading &reading);

} // namespace hotgate::analyzer
