#include "cli/diff_command.h"

#include "cli/diff_set.h"
#include "cli/loaded_program.h"
#include "support/output_file.h"

namespace hotgate::cli {

Result<ExitCode> diffCommand(const DiffOptions &options) {
  if (isImageSet(options))
    return diffSetCommand(options);
  const Budget budget(options.budget);
  HOTGATE_TRY(const LoadedProgram pre,
              loadProgram(options.pre, {options.prePdb, options.symbols, options.noSymbols}, budget));
  HOTGATE_TRY(const LoadedProgram post,
              loadProgram(options.post, {options.postPdb, options.symbols, options.noSymbols}, budget, &pre.program));
  HOTGATE_TRY(const analyzer::ImageDiff diff, analyzer::diffPrograms(pre.program, post.program, budget));
  HOTGATE_TRY(const analyzer::SecondOpinions preOpinions,
              analyzer::secondOpinions(pre.program, analyzer::changedInPre(diff.functions), budget));
  HOTGATE_TRY(const analyzer::SecondOpinions postOpinions,
              analyzer::secondOpinions(post.program, analyzer::changedInPost(diff.functions), budget));
  ComparedImages images{pre.program, post.program, diff, preOpinions, postOpinions, diff.incomplete, options.all};
  for (const std::string &unread : {preOpinions.incomplete, postOpinions.incomplete})
    if (!unread.empty())
      images.incomplete.push_back(unread);
  HOTGATE_CHECK(writeResult(options.out, options.format == DiffOptions::Format::json ? renderDiffJson(images)
                                                                                     : renderDiffText(images)));
  return images.incomplete.empty() ? ExitCode::approve : ExitCode::incomplete;
}

} // namespace hotgate::cli
