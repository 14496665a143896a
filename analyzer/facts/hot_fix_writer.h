// Writes how the hot fix compares with the cold one where plain comparison is not enough: tables slot_proof and
// slot_listing (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

Result<> writeSlotProofs(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written);

} // namespace hotgate::analyzer
