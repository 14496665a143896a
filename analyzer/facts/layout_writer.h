// Writes how types and data of a module differ, and what that reaches: tables type_pair, field_pair, type_cause,
// type_reach, member_use, hierarchy_pair, global_pair (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

Result<> writeLayouts(facts::Database &facts, const ModuleAnalysis &analysis, const FunctionIds &preFunctions);

} // namespace hotgate::analyzer
