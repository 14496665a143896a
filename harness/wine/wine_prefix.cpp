#include "harness/wine/wine_prefix.h"

#include "harness/vm/child_process.h"
#include "harness/wine/recipe.h"
#include "harness/wine/wine_sandbox.h"
#include "support/sha256.h"

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds makeDeadline{180}; // measured 9 s on an idle machine

// The prefix belongs to the wine that made it.
Result<std::string> wineVersion() {
  std::error_code error;
  const fs::path loader = "/usr/lib/wine/wine64";
  const auto size = fs::file_size(loader, error);
  if (error)
    return failInput(loader.string(), "", "wine is not installed", "apt-get install wine64");
  const auto changed = fs::last_write_time(loader, error).time_since_epoch().count();
  return fmt::format("{} {}", size, changed);
}

Result<> make(const fs::path &entry) {
  const std::string script =
      "mount --bind \"$ENTRY\" /mnt && mount -t tmpfs tmpfs /tmp\n" + std::string(recipe::makePrefix());
  HOTGATE_TRY(ChildProcess process,
              ChildProcess::start({.arguments = sandboxCommand({"ENTRY=" + fs::absolute(entry).string()}, script)}));
  HOTGATE_TRY(const int code, process.wait(after(makeDeadline)));
  if (code != 0)
    return failFault("wine prefix", "", fmt::format("its making ended with {}: {}", code, process.outputTail()),
                     "install wine64 and util-linux, and allow user namespaces or run as root");
  return {};
}

} // namespace

Result<fs::path> provideWinePrefix(const fs::path &cache, const Progress &progress) {
  HOTGATE_TRY(const std::string version, wineVersion());
  const std::string key = sha256Hex(std::string_view(version + "\n" + std::string(recipe::makePrefix()))).substr(0, 24);
  HOTGATE_TRY(const fs::path entry, cacheEntry(cache, "wine-" + key, [&](const fs::path &folder) {
                progress("making the wine prefix (about ten seconds, once)");
                return make(folder);
              }));
  return entry / "prefix";
}

} // namespace hotgate::harness
