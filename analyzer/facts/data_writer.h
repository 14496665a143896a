// Writes what data that differ mean for a patch: where they lie and who uses them, tables of functions, statics of
// functions, thread-local variables, and what code the patch brings to life. Tables global_place, data_use,
// function_table_entry, constant_only_change, alignment_need, local_static, local_static_call, tls_block, patch_reach
// (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

// After the module's functions, pairs, global_pair and hotpatch table are written.
Result<> writeData(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written);

} // namespace hotgate::analyzer
