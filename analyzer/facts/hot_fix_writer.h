// Writes what the compiler's part in a hotpatch leaves behind: bodies with reference slots against bodies without, and
// which functions were marked. Tables slot_proof, slot_listing, hotpatch_marked (schema.sql).
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

// Of the hotpatch image.
Result<> writeHotpatchMarks(facts::Database &facts, const Program &program, const WrittenImage &written);

Result<> writeSlotProofs(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written);

} // namespace hotgate::analyzer
