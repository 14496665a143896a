#include "cli/diff_command.h"

#include "cli/diff_set.h"
#include "cli/loaded_program.h"
#include "support/output_file.h"
#include "support/phase.h"

namespace hotgate::cli {

namespace {

// The process ends with the command: to give hundreds of megabytes back piece by piece would only take time.
template <class T> const T &keptToTheEnd(T value) {
  static const T *const kept = new T(std::move(value));
  return *kept;
}

} // namespace

Result<ExitCode> diffCommand(const DiffOptions &options) {
  if (isImageSet(options))
    return diffSetCommand(options);
  const Budget budget(options.budget);
  log::Phase phase("loading");
  HOTGATE_TRY(LoadedPair loaded, loadPair(options.pre, {options.prePdb, options.symbols, options.noSymbols},
                                          options.post, {options.postPdb, options.symbols, options.noSymbols}, budget));
  const auto &[pre, post] = keptToTheEnd(std::move(loaded));
  phase.next("comparison");
  HOTGATE_TRY(analyzer::ImageDiff compared, analyzer::diffPrograms(pre.program, post.program, budget));
  const analyzer::ImageDiff &diff = keptToTheEnd(std::move(compared));
  phase.next("second opinions");
  HOTGATE_TRY(auto reading, analyzer::SecondReading::begin(pre.program.image().machine()));
  const analyzer::SecondOpinions preOpinions = reading.of(pre.program, analyzer::changedInPre(diff.functions), budget);
  const analyzer::SecondOpinions postOpinions =
      reading.of(post.program, analyzer::changedInPost(diff.functions), budget);
  phase.next("output");
  ComparedImages images{pre.program, post.program, diff, preOpinions, postOpinions, diff.incomplete, options.all};
  for (const std::string &unread : {preOpinions.incomplete, postOpinions.incomplete})
    if (!unread.empty())
      images.incomplete.push_back(unread);
  HOTGATE_CHECK(writeResult(options.out, options.format == DiffOptions::Format::json ? renderDiffJson(images)
                                                                                     : renderDiffText(images)));
  return images.incomplete.empty() ? ExitCode::approve : ExitCode::incomplete;
}

} // namespace hotgate::cli
