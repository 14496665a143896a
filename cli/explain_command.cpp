#include "cli/explain_command.h"

#include "analyzer/code/decoder.h"
#include "analyzer/diff/image_diff.h"
#include "cli/function_choice.h"
#include "cli/loaded_program.h"
#include "support/output_file.h"

namespace hotgate::cli {

namespace {

std::set<analyzer::FunctionIndex> setOf(std::optional<analyzer::FunctionIndex> index) {
  return index ? std::set{*index} : std::set<analyzer::FunctionIndex>();
}

} // namespace

Result<> explainCommand(const ExplainOptions &options) {
  const Budget budget(options.budget);
  HOTGATE_TRY(const LoadedPair loaded,
              loadPair(options.pre, {options.prePdb, options.symbols, options.noSymbols}, options.post,
                       {options.postPdb, options.symbols, options.noSymbols}, budget));
  const auto &[pre, post] = loaded;
  HOTGATE_TRY(const analyzer::ImageDiff diff, analyzer::diffPrograms(pre.program, post.program, budget));
  if (!diff.incomplete.empty())
    return failInput(options.post.string(), "", diff.incomplete.front(), "give a larger --budget");
  HOTGATE_TRY(const analyzer::FunctionDifference *difference,
              chooseFunction(options.function, pre.program, post.program, diff.functions));
  Explanation explanation{pre.program, post.program, *difference, {}, {}, {}, {}, options.all};
  HOTGATE_TRY(explanation.preOpinion, analyzer::secondOpinions(pre.program, setOf(difference->pre)));
  HOTGATE_TRY(explanation.postOpinion, analyzer::secondOpinions(post.program, setOf(difference->post)));
  const analyzer::Pairing &pairing = *diff.pairing;
  if (difference->pre && difference->post) {
    const analyzer::Referents referents(pre.program, post.program, pairing);
    HOTGATE_TRY(analyzer::Decoder decoder, analyzer::Decoder::create(pre.program.image().machine()));
    explanation.rows = analyzer::explainBodies(referents, decoder, pre.program.functions()[*difference->pre],
                                               post.program.functions()[*difference->post]);
  } else {
    explanation.candidates = analyzer::candidatesOf(
        pre.program, post.program, pairing, difference->pre ? analyzer::PairSide::pre : analyzer::PairSide::post,
        difference->pre ? *difference->pre : *difference->post);
  }
  return writeResult(options.out, renderExplanation(explanation));
}

} // namespace hotgate::cli
