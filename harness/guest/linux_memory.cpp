#include "harness/guest/linux_memory.h"

#include <algorithm>
#include <charconv>
#include <thread>

namespace hotgate::harness {
namespace {

constexpr size_t commandNameLimit = 15; // TASK_COMM_LEN without its zero
constexpr size_t textLimit = 16384;
constexpr const char *listPath = "/run/hotgate-processes";

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

Result<std::vector<int64_t>> listProcesses(GuestAgent &files, const std::string &module, Deadline deadline) {
  // Wine names a process after its program.
  const std::string script = fmt::format(
      "for p in /proc/[0-9]*; do [ \"$(cat $p/comm 2>/dev/null)\" = '{}' ] && echo ${{p#/proc/}}; done > {}; "
      "true",
      module.substr(0, commandNameLimit), listPath);
  HOTGATE_CHECK(files.runScript(script, deadline));
  HOTGATE_TRY(const std::string text, files.readFile(listPath, textLimit, deadline));
  std::vector<int64_t> found;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto pid = number(line);
    if (!pid)
      return failFault("guest", module, fmt::format("\"{}\" among its processes is no number", printable(line)),
                       "the run counts as a lab fault; run it again");
    found.push_back(*pid);
  }
  return found;
}

} // namespace

Result<int64_t> awaitOnlyProcess(const std::string &module, const ProcessList &list, Deadline deadline) {
  constexpr std::chrono::milliseconds pause{200};
  const Deadline patience = std::min(deadline, after(std::chrono::seconds(30)));
  for (;; std::this_thread::sleep_for(pause)) {
    HOTGATE_TRY(const std::vector<int64_t> found, list());
    if (found.size() == 1)
      return found.front();
    if (Clock::now() + pause >= patience)
      return failFault("guest", module, fmt::format("expected one process of this name, found {}", found.size()),
                       "the run counts as a lab fault; run it again");
  }
}

Result<int64_t> findLinuxProcess(GuestAgent &files, const std::string &module, Deadline deadline) {
  return awaitOnlyProcess(module, [&] { return listProcesses(files, module, deadline); }, deadline);
}

std::optional<int64_t> parsePrivateDirty(std::string_view smapsRollup) {
  constexpr std::string_view key = "\nPrivate_Dirty:";
  const size_t at = smapsRollup.find(key);
  if (at == std::string_view::npos)
    return std::nullopt;
  std::string_view value = smapsRollup.substr(at + key.size());
  value = value.substr(0, value.find('\n'));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (!value.ends_with(" kB"))
    return std::nullopt;
  const auto kilobytes = number(value.substr(0, value.size() - 3));
  constexpr int64_t limit = INT64_MAX / 1024;
  return kilobytes && *kilobytes <= limit ? std::optional(*kilobytes * 1024) : std::nullopt;
}

Result<int64_t> privateDirtyBytes(GuestAgent &files, int64_t linuxPid, Deadline deadline) {
  const std::string path = fmt::format("/proc/{}/smaps_rollup", linuxPid);
  HOTGATE_TRY(const std::string text, files.readFile(path, textLimit, deadline));
  const auto bytes = parsePrivateDirty(text);
  if (!bytes)
    return failFault("guest", path, fmt::format("has no Private_Dirty: \"{}\"", printable(text)),
                     "the run counts as a lab fault; run it again");
  return *bytes;
}

} // namespace hotgate::harness
