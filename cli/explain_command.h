// hotgate explain: one function of two images; how it was paired, both bodies aligned, and why it is called changed.
#pragma once

#include "analyzer/diff/listing.h"
#include "analyzer/diff/second_opinions.h"
#include "analyzer/match/candidates.h"
#include "support/budget.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::cli {

struct ExplainOptions {
  std::filesystem::path pre;
  std::filesystem::path post;
  std::string function; // a name, "0x1400", or "pre:0x1400" where the sides have to be told apart
  std::optional<std::filesystem::path> prePdb;
  std::optional<std::filesystem::path> postPdb;
  std::vector<std::filesystem::path> symbols; // folders and symbol stores, besides the images' own
  bool noSymbols = false;
  BudgetLimits budget;
  bool all = false;                         // show long runs of equal instructions too
  std::optional<std::filesystem::path> out; // else standard output
};

// What is shown of one function.
struct Explanation {
  const analyzer::Program &pre;
  const analyzer::Program &post;
  const analyzer::FunctionDifference &difference;
  std::vector<analyzer::ExplainedRow> rows;       // of a pair
  std::vector<analyzer::CandidateSet> candidates; // of an unpaired function
  analyzer::SecondOpinions preOpinion, postOpinion;
  bool all = false;
};

// At most 100 columns wide.
[[nodiscard]] std::string renderExplanation(const Explanation &explanation);

// Errors: also when the budget was spent, for then the pairing is not the one that `diff` would show.
Result<> explainCommand(const ExplainOptions &options);

} // namespace hotgate::cli
