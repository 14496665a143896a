#include "cli/diff_command.h"

#include "cli/loaded_program.h"
#include "support/output_file.h"

namespace hotgate::cli {

Result<> diffCommand(const DiffOptions &options) {
  HOTGATE_TRY(const LoadedProgram pre, loadProgram(options.pre, {options.prePdb, {}, options.noSymbols}));
  HOTGATE_TRY(const LoadedProgram post,
              loadProgram(options.post, {options.postPdb, {}, options.noSymbols}, &pre.program));
  HOTGATE_TRY(const analyzer::ImageDiff diff, analyzer::diffPrograms(pre.program, post.program));
  HOTGATE_TRY(const analyzer::SecondOpinions preOpinions,
              analyzer::secondOpinions(pre.program, analyzer::changedInPre(diff.functions)));
  HOTGATE_TRY(const analyzer::SecondOpinions postOpinions,
              analyzer::secondOpinions(post.program, analyzer::changedInPost(diff.functions)));
  const ComparedImages images{pre.program, post.program, diff, preOpinions, postOpinions, options.all};
  return writeResult(options.out,
                     options.format == DiffOptions::Format::json ? renderDiffJson(images) : renderDiffText(images));
}

} // namespace hotgate::cli
