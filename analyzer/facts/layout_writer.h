// Writes how types and data of a module differ: tables type_pair, field_pair, global_pair (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"

namespace hotgate::analyzer {

Result<> writeLayouts(facts::Database &facts, const ModuleAnalysis &analysis);

} // namespace hotgate::analyzer
