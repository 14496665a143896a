// Writes what a module's hotpatch image says and does: tables hotpatch*, data_access (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

// The module must have a hotpatch image, and `written` the rows of all three.
Result<> writeHotpatch(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written);

} // namespace hotgate::analyzer
