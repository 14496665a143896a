// The exit codes of the command line: a small ordered set, never a bit field. A fault is never a verdict.
#pragma once

#include "rules/engine/verdict.h"
#include "support/result.h"

namespace hotgate::cli {

enum class ExitCode : int {
  approve = 0, // and "done", for commands without a verdict
  review = 1,
  block = 2,
  incomplete = 3,
  badUsage = 4,
  badInput = 5,
  toolFault = 6,
};

[[nodiscard]] ExitCode exitCodeOf(rules::VerdictKind verdict);
[[nodiscard]] ExitCode exitCodeOf(ErrorKind error);

} // namespace hotgate::cli
