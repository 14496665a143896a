// Writes which state the code of a hotpatch image works on: tables state_access, state_reach, state_datum (schema.sql).
//
// Looked at is what the targets of the redirects reach by direct calls inside the hotpatch image. Each reference from
// there to mutable data is one access, with who binds it: a record of the hotpatch table that makes a slot point into
// the base, an import, or nobody, and then it is the hotpatch image's own copy. What lies on the stack or is reached
// through a pointer that was passed in has no reference, and is whatever the caller works on.
//
// A copy that nobody can tell from the original is told apart: no instruction of the base, the update and the hotpatch
// image stores to it or takes its address, no pointer in data leads to it, it is not exported, and all three builds
// begin with the same value.
#pragma once

#include "analyzer/facts/database.h"
#include "analyzer/facts/module_analysis.h"
#include "analyzer/facts/written_module.h"

namespace hotgate::analyzer {

// The module must have a hotpatch image with a table.
Result<> writeState(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written);

} // namespace hotgate::analyzer
