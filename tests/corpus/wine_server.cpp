// The server under wine: see wine_server.h.
#include "tests/corpus/wine_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace hotgate::corpus_test {

namespace {

constexpr const char *wineProgram = "/usr/lib/wine/wine64";
constexpr const char *wineServerProgram = "/usr/lib/wine/wineserver64";
const std::filesystem::path prefix = HOTGATE_TEST_WINE_PREFIX;

std::vector<std::string> wineEnvironment(const std::filesystem::path &prefixPath) {
  return {"WINEPREFIX=" + prefixPath.string(), "WINEDEBUG=-all",
          "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe="};
}

// harness/wine/recipe/make-prefix.sh says why not at random addresses.
std::vector<std::string> underWine(std::vector<std::string> command) {
  command.insert(command.begin(), {"/usr/bin/setarch", "-R", wineProgram});
  return command;
}

// Under another name first: a prefix whose making was interrupted is made again.
Result<> makePrefix() {
  if (std::filesystem::exists(prefix))
    return {};
  const std::filesystem::path unfinished = prefix.string() + ".unfinished";
  std::error_code ignored;
  std::filesystem::remove_all(unfinished, ignored);
  const ChildOptions options = {.environment = wineEnvironment(unfinished)};
  HOTGATE_TRY(auto child, ChildProcess::start(underWine({"wineboot", "-i"}), options));
  HOTGATE_TRY(const int code, child.wait(std::chrono::minutes(3)));
  if (code != 0)
    return failFault(wineProgram, "wineboot -i", fmt::format("ended with exit code {}", code), "install wine64");
  HOTGATE_CHECK(run({wineServerProgram, "-w"}, options));
  std::filesystem::rename(unfinished, prefix);
  return {};
}

} // namespace

Result<Wine> Wine::start(int networkNamespace) {
  std::filesystem::create_directories(prefix.parent_path());
  const std::string lockPath = prefix.string() + ".lock";
  const int lock = open(lockPath.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0)
    return failFault(lockPath, "", std::strerror(errno));
  Wine wine(lock, networkNamespace);
  HOTGATE_CHECK(makePrefix());
  HOTGATE_CHECK(wine.restart());
  return wine;
}

// On a busy machine wine's own start sometimes hangs. That is no matter of the programs tested here: it gets three
// attempts.
Result<> Wine::restart() const {
  Result<int> code = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    endWineServer(); // also one that an interrupted test has left in another namespace
    HOTGATE_CHECK(run({wineServerProgram, "-p"}, options({})));
    HOTGATE_TRY(auto boot, launch({"wineboot"}, {}));
    code = boot.wait(std::chrono::seconds(40));
    if (code && *code == 0)
      return {};
  }
  return failFault(wineProgram, "wineboot", code ? fmt::format("ended with exit code {}", *code) : code.error().reason,
                   "run it by hand with WINEPREFIX=" + prefix.string());
}

Wine::Wine(Wine &&other) noexcept : lock_(other.lock_), networkNamespace_(other.networkNamespace_) { other.lock_ = -1; }

Wine::~Wine() {
  if (lock_ < 0)
    return;
  endWineServer();
  close(lock_);
}

ChildOptions Wine::options(const std::filesystem::path &output) const {
  return {.networkNamespace = networkNamespace_, .environment = wineEnvironment(prefix), .output = output};
}

// The exit code says whether there was one to end.
void Wine::endWineServer() const {
  auto ending = ChildProcess::start({wineServerProgram, "-k"}, options({}));
  if (ending)
    (void)ending->wait(std::chrono::seconds(20));
  auto waiting = ChildProcess::start({wineServerProgram, "-w"}, options({}));
  if (waiting)
    (void)waiting->wait(std::chrono::seconds(20));
}

Result<ChildProcess> Wine::launch(std::vector<std::string> command, const std::filesystem::path &output) const {
  return ChildProcess::start(underWine(std::move(command)), options(output));
}

std::string windowsPath(const std::filesystem::path &path) {
  std::string text = "Z:" + path.string();
  std::ranges::replace(text, '/', '\\');
  return text;
}

std::filesystem::path auditPath(const std::filesystem::path &folder) { return folder / "dhcp-audit.log"; }

std::vector<std::string> serverArguments(const std::filesystem::path &folder) {
  return {"--server", "10.77.0.1",
          "--first",  "10.77.0.100",
          "--last",   "10.77.0.250",
          "--mask",   "255.255.255.0",
          "--router", "10.77.0.1",
          "--lease",  "3600",
          "--store",  windowsPath(folder / "dhcp.store"),
          "--audit",  windowsPath(auditPath(folder))};
}

Result<> waitForText(const std::filesystem::path &path, const std::string &text, std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (readText(path).find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() >= end)
      return failFault(path.string(), "",
                       fmt::format("no '{}' after {} s; it holds: {}", text, deadline.count(), readText(path)));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

Result<ChildProcess> startServer(const Wine &wine, const std::filesystem::path &image,
                                 const std::filesystem::path &folder, const std::vector<std::string> &more) {
  std::vector<std::string> command = {image.string(), "--console"};
  const auto arguments = serverArguments(folder);
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), more.begin(), more.end());
  const auto output = folder / "server-output.txt";
  HOTGATE_TRY(auto server, wine.launch(command, output));
  HOTGATE_CHECK(waitForText(output, "\n", std::chrono::seconds(60)));
  if (!readText(output).starts_with("ready"))
    return failFault(image.string(), "", readText(output));
  return server;
}

int64_t privateBytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Private_Dirty:"))
      return std::stoll(line.substr(line.find_first_of("0123456789"))) * 1024;
  return -1;
}

} // namespace hotgate::corpus_test
