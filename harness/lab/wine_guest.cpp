#include "harness/lab/wine_guest.h"

#include "harness/guest/linux_memory.h"
#include "harness/wine/wine_prefix.h"
#include "support/output_file.h"

#include <fstream>
#include <sstream>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds networkDeadline{20};
constexpr seconds wineDeadline{40}; // measured 0.7 s on an idle machine
constexpr int startAttempts = 3;    // on a busy machine wine's own start sometimes hangs

} // namespace

Result<> WineGuest::restore() {
  HOTGATE_CHECK(checkModuleName());
  HOTGATE_TRY(const fs::path prefix, provideWinePrefix(setup().cache, progress_));
  for (int attempt = 1;; ++attempt) {
    auto started = startSandbox(prefix);
    if (started)
      return installService(*agent_);
    if (attempt == startAttempts || started.error().kind == ErrorKind::input)
      return started;
  }
}

Result<> WineGuest::startSandbox(const fs::path &prefix) {
  {
    const std::lock_guard lock(standing_);
    sandbox_.reset();
  }
  HOTGATE_TRY(WineSandbox sandbox, WineSandbox::start({.prefix = prefix,
                                                       .tap = tap_,
                                                       .address = setup().address,
                                                       .agent = setup().agent,
                                                       .base = setup().preImage,
                                                       .hotpatch = setup().hotpatchImage,
                                                       .post = setup().postImage},
                                                      after(networkDeadline)));
  {
    const std::lock_guard lock(standing_);
    sandbox_.emplace(std::move(sandbox));
    agent_.emplace(sandbox_->takeAgent());
    link_.emplace(sandbox_->takeTap());
    recorded_.emplace(*link_);
  }
  auto answered = agent_->ping(after(wineDeadline));
  if (answered)
    return {};
  Error error = std::move(answered).error();
  error.reason += "; the sandbox printed: " + sandbox_->outputTail();
  return Failure(std::move(error));
}

Result<> WineGuest::keep(const KeepRequest &request) {
  HOTGATE_CHECK(makeKeptFolder(request.folder));
  const std::lock_guard lock(standing_);
  if (!sandbox_)
    return writeKept(request.folder, std::nullopt, {"the sandbox never stood"});
  HOTGATE_CHECK(writeFrames(request.folder, recorded_->frames()));
  HOTGATE_CHECK(writeFile(request.folder / "console.txt", sandbox_->outputTail() + "\n"));
  return writeKept(request.folder, std::nullopt, {"state: a service under this host's wine has none"});
}

Result<int64_t> WineGuest::findLinuxProcess(Deadline deadline) {
  return awaitOnlyProcess(module(), [this] { return sandbox_->processes(module()); }, deadline);
}

Result<int64_t> WineGuest::privateBytesOf(int64_t linuxPid, Deadline) {
  const std::string path = fmt::format("/proc/{}/smaps_rollup", linuxPid);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  if (const auto bytes = parsePrivateDirty(text.str()))
    return *bytes;
  return failFault("wine sandbox", path, "has no Private_Dirty", "the run counts as a lab fault; run it again");
}

} // namespace hotgate::harness
