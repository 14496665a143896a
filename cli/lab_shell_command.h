// hotgate lab shell GUEST: a console into a guest that was kept. Each line of standard input runs in the guest; what it
// prints, made printable, goes to standard output. `:console` shows what the guest's console printed meanwhile.
#pragma once

#include "cli/exit_code.h"
#include "support/result.h"

#include <filesystem>

namespace hotgate::cli {

// Ends with the input. The exit code is 0 also when a line's was not.
Result<ExitCode> labShellCommand(const std::filesystem::path &guest);

} // namespace hotgate::cli
