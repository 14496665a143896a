#include "harness/guest/kept_shell.h"

namespace hotgate::harness {
namespace {

constexpr std::chrono::seconds restoreDeadline{60};

constexpr const char *outputFile = "/tmp/hotgate-shell.output";
constexpr const char *codeFile = "/tmp/hotgate-shell.code";

} // namespace

Result<KeptShell> KeptShell::open(const GuestImage &image, const MachineShape &shape,
                                  const std::filesystem::path &state) {
  const Deadline deadline = after(restoreDeadline);
  HOTGATE_TRY(Machine machine, Machine::restore(image, shape, state, deadline));
  HOTGATE_CHECK(machine.resume(deadline));
  GuestAgent agent(machine.takeGuestAgent());
  HOTGATE_CHECK(agent.synchronize(deadline));
  return KeptShell(std::move(machine), std::move(agent));
}

Result<KeptShell::Answer> KeptShell::run(const std::string &line, Deadline deadline) {
  // The line is the user's own, and for this guest. Its output is cut in the guest: a command that prints for ever
  // ends.
  const std::string script =
      fmt::format("export PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root WINEPREFIX=/hotgate/prefix; "
                  "( busybox sh -c {} </dev/null 2>&1; echo $? >{} ) | busybox head -c {} >{}",
                  shellQuoted(line), codeFile, outputLimit, outputFile);
  HOTGATE_CHECK(agent_.runScript(script, deadline));
  HOTGATE_TRY(const std::string output, agent_.readFile(outputFile, outputLimit, deadline));
  HOTGATE_TRY(std::string code, agent_.readFile(codeFile, 16, deadline));
  while (code.ends_with('\n'))
    code.pop_back();
  return Answer{printableLines(output), printable(code)};
}

} // namespace hotgate::harness
