// The words of `hotgate gate` and `check`, and those that several commands have.
#pragma once

#include "cli/exit_code.h"
#include "cli/gate_command.h"

#include <CLI/App.hpp>
#include <functional>

namespace hotgate::cli {

// Set by the subcommand that was parsed.
using Command = std::function<Result<ExitCode>()>;

// Of a command that only succeeds or fails.
Result<ExitCode> done(const Result<> &result);

void addBudget(CLI::App &command, BudgetLimits &limits);
void addRulesFolder(CLI::App &command, GateOptions &options);
void addProvider(CLI::App &command, GateOptions &options);
void addQuarantine(CLI::App &command, GateOptions &options);

void addGate(CLI::App &parent, Command &chosen);
void addCheck(CLI::App &parent, Command &chosen);

} // namespace hotgate::cli
