// Writes what the analyzer found about one module into the facts database (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"

namespace hotgate::analyzer {

Result<> writeModule(facts::Database &facts, const ModuleAnalysis &analysis);

} // namespace hotgate::analyzer
