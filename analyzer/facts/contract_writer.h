// Writes what changed functions promise and expect: tables contract_change, border_call, lock_use and resource_balance
// (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

// `written` must have the rows of pre and post.
Result<> writeContracts(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written);

} // namespace hotgate::analyzer
