// The static half of the gate: every image of the KB is analyzed, and what is found goes into the facts.
#pragma once

#include "analyzer/facts/database.h"
#include "cli/kb_file.h"
#include "support/budget.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::cli {

// One module of the KB with its file on each side.
struct Module {
  std::string name; // "dhcpsrv.exe"
  std::filesystem::path pre;
  std::filesystem::path post;
  std::optional<std::filesystem::path> hotpatch;
};

// Modules that have a pre and a post image, by name; images on one side only become "not evaluated" facts.
// Errors: input, when there is none.
Result<std::vector<Module>> pairModules(const KbFile &kb, facts::Database &facts);

// Each module has a budget of its own; what it left undone becomes "not evaluated" facts.
// Errors: input, for the first image or PDB that cannot be used; nothing is judged by half.
Result<> analyzeModules(const KbFile &kb, const std::vector<Module> &modules, const BudgetLimits &limits,
                        facts::Database &facts);

} // namespace hotgate::cli
