#include "cli/lab_shell_command.h"

#include "harness/guest/kept_shell.h"
#include "harness/lab/kept_guest.h"
#include "support/log.h"
#include "support/output_file.h"

#include <iostream>
#include <string>
#include <unistd.h>

namespace hotgate::cli {

namespace {

constexpr std::chrono::seconds lineDeadline{120};

Result<> answer(harness::KeptShell &shell, const std::string &line) {
  if (line.empty())
    return {};
  if (line == ":console")
    return writeStandardOutput(shell.console() + "\n");
  const auto answer = shell.run(line, harness::after(lineDeadline));
  if (!answer) {
    log::warning(answer.error().message());
    return {};
  }
  HOTGATE_CHECK(writeStandardOutput(answer->output));
  if (answer->exitCode != "0")
    log::info(fmt::format("exit code {}", answer->exitCode));
  return {};
}

} // namespace

Result<ExitCode> labShellCommand(const std::filesystem::path &guest) {
  HOTGATE_TRY(const harness::KeptMachine kept, harness::readKept(guest));
  HOTGATE_TRY(harness::KeptShell shell,
              harness::KeptShell::open(kept.image, kept.shape, guest / harness::keptStateName));
  const bool isTerminal = isatty(STDIN_FILENO) == 1;
  if (isTerminal)
    std::cerr
        << "The guest as it was kept. Each line is a shell of its own; :console shows its console; Ctrl-D ends.\n";
  for (std::string line; (isTerminal ? std::cerr << "guest> " : std::cerr), std::getline(std::cin, line);)
    HOTGATE_CHECK(answer(shell, line));
  return ExitCode::approve;
}

} // namespace hotgate::cli
