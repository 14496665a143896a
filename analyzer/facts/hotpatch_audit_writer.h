// Writes the audit of a module's hotpatch image: tables loader_refusal, predicted_write, hotpatch_oddity (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/hotpatch/hotpatch_audit.h"

namespace hotgate::analyzer {

// `image`: the row of the hotpatch image. Its hotpatch row must be there when the audit has records or oddities.
Result<> writeHotpatchAudit(facts::Database &facts, const HotpatchAudit &audit, int64_t image);

} // namespace hotgate::analyzer
