#include "analyzer/diff/image_diff.h"

#include "support/phase.h"

#include <algorithm>
#include <optional>
#include <tbb/parallel_invoke.h>

namespace hotgate::analyzer {

namespace {

std::vector<std::string> whatIsIncomplete(const Referents &referents, const std::vector<FunctionDifference> &functions,
                                          size_t layoutsNotRead, const Budget &budget) {
  std::vector<std::string> sentences;
  for (const Program *program : {&referents.pre(), &referents.post()})
    if (!program->incomplete().empty())
      sentences.push_back(program->incomplete());
  if (!referents.pairing().isComplete)
    sentences.push_back(fmt::format("functions that are called added or removed may be one: {}", budget.reason()));
  const auto left = std::ranges::count(functions, ChangeStatus::notCompared, &FunctionDifference::status);
  if (left != 0)
    sentences.push_back(fmt::format("{} of {} pairs of functions were not compared: {}", left,
                                    referents.pairing().functions.count(), budget.reason()));
  if (layoutsNotRead != 0)
    sentences.push_back(
        fmt::format("{} changed functions were not searched for changed layouts: {}", layoutsNotRead, budget.reason()));
  return sentences;
}

} // namespace

Result<ImageDiff> diffPrograms(const Program &pre, const Program &post, const Budget &budget) {
  if (pre.image().machine() != post.image().machine())
    return failInput(post.image().path().string(), "file header",
                     fmt::format("is for {}, but {} is for {}", machineName(post.image().machine()),
                                 pre.image().path().filename().string(), machineName(pre.image().machine())),
                     "compare two images for one machine");
  log::Phase phase("pairing");
  ImageDiff diff;
  diff.pairing = pairPrograms(pre, post, budget);
  phase.next("functions, data, tables, ledger");
  const Referents referents(pre, post, *diff.pairing);
  const SymbolLevel level = std::min(pre.symbols().level, post.symbols().level);
  std::optional<LedgerDraft> draft;
  Result<std::vector<FunctionDifference>> functions;
  tbb::parallel_invoke([&] { draft.emplace(referents); },
                       [&] {
                         diff.image = diffImageTables(pre.image(), post.image());
                         diff.hierarchies = diffHierarchies(pre.image(), post.image());
                         if (level == SymbolLevel::privateLevel)
                           diff.types = diffTypes(pre.symbols(), post.symbols());
                         if (level != SymbolLevel::none)
                           diff.globals = diffGlobals(referents);
                       },
                       [&] { functions = diffFunctions(referents, budget); });
  HOTGATE_TRY(diff.functions, std::move(functions));
  HOTGATE_TRY(diff.ledger, draft->close(diff.functions));
  size_t layoutsNotRead = 0;
  if (level != SymbolLevel::privateLevel) {
    phase.next("inferred layouts");
    HOTGATE_TRY(InferredLayouts inferred, inferLayouts(referents, diff.functions, budget));
    diff.inferredLayouts = std::move(inferred.layouts);
    layoutsNotRead = inferred.notRead;
  }
  diff.incomplete = whatIsIncomplete(referents, diff.functions, layoutsNotRead, budget);
  if (!diff.types.empty()) {
    phase.next("what changed types reach");
    HOTGATE_TRY(TypeReaches reaches, reachOf(pre, diff.types, budget));
    diff.typeReach = std::move(reaches.ofTypes);
    if (!reaches.incomplete.empty())
      diff.incomplete.push_back(std::move(reaches.incomplete));
  }
  return diff;
}

} // namespace hotgate::analyzer
