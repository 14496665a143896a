// The words of `hotgate lab` and its commands.
#pragma once

#include "cli/gate_arguments.h"

namespace hotgate::cli {

// `quiet`: of the whole program; read when the command runs.
void addLab(CLI::App &app, Command &chosen, const bool &quiet);

} // namespace hotgate::cli
