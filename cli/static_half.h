// The static half of the gate: every image of the KB that changed is analyzed, and what is found goes into the facts.
#pragma once

#include "analyzer/facts/database.h"
#include "cli/kb_file.h"
#include "cli/kb_images.h"
#include "support/budget.h"
#include "support/result.h"

#include <vector>

namespace hotgate::cli {

// Each module has a budget of its own; what it left undone becomes "not evaluated" facts.
// Errors: input, for the first image or PDB that cannot be used; nothing is judged by half.
Result<> analyzeModules(const KbFile &kb, const std::vector<Module> &modules, const BudgetLimits &limits,
                        facts::Database &facts);

} // namespace hotgate::cli
