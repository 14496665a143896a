// Limits: x64 guests, Debian bookworm; the mirror is mmdebstrap's default.
#include "harness/vm/guest_image.h"

#include "harness/vm/child_process.h"
#include "harness/vm/machine.h"
#include "harness/vm/recipe.h"
#include "support/sha256.h"

#include <csignal>
#include <fstream>
#include <sstream>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suite = "bookworm";
constexpr std::chrono::minutes buildDeadline{20};

std::string packageList() {
  std::istringstream lines{std::string(recipe::packages())};
  std::string list;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#')
      list += (list.empty() ? "" : ",") + line;
  return list;
}

Result<> writeText(const fs::path &path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    return failInput(path.string(), "", "cannot be written", "free space in the cache folder");
  return {};
}

Result<> buildImage(const fs::path &folder) {
  for (const char *tool : {"mmdebstrap", "mksquashfs"})
    if (findProgram(tool).empty())
      return failInput(tool, "", "not found in PATH, and the guest image has to be built",
                       "install the Debian packages mmdebstrap and squashfs-tools");
  const fs::path texts = folder / "recipe";
  std::error_code error;
  fs::create_directory(texts, error);
  HOTGATE_CHECK(writeText(texts / "customize.sh", recipe::customize()));
  HOTGATE_CHECK(writeText(texts / "initrd-init.sh", recipe::initrdInit()));
  HOTGATE_CHECK(writeText(texts / "guest-init.sh", recipe::guestInit()));

  ChildProcess::Options options;
  // Not SIGKILL: mmdebstrap unmounts and removes its own temporary root when it is asked to end.
  options.deathSignal = SIGTERM;
  options.arguments = {"mmdebstrap", "--variant=minbase", "--format=null", "--include=" + packageList(),
                       fmt::format("--customize-hook=sh {0}/customize.sh \"$1\" {0}", shellQuoted(texts.string()))};
  for (const char *product : {"root.sqfs", "vmlinuz", "initrd.gz"})
    options.arguments.push_back(
        fmt::format("--customize-hook=download /hotgate.out/{} {}", product, shellQuoted((folder / product).string())));
  options.arguments.insert(options.arguments.end(), {std::string(suite), "/dev/null"});

  HOTGATE_TRY(ChildProcess builder, ChildProcess::start(options));
  HOTGATE_TRY(const int status, builder.wait(after(buildDeadline)));
  if (status != 0)
    return failInput("guest image", "mmdebstrap",
                     fmt::format("ended with exit code {}; its last words:\n{}", status, builder.outputTail()),
                     "make the Debian mirror reachable, or see which package could not be fetched");
  fs::remove_all(texts, error);
  return {};
}

} // namespace

Result<GuestImage> provideGuestImage(const fs::path &cache, const Progress &progress) {
  HOTGATE_TRY(const std::string version, qemuVersion());
  std::string recipeText = version + "\n" + machineLineText();
  for (const std::string_view text :
       {suite, recipe::packages(), recipe::customize(), recipe::initrdInit(), recipe::guestInit()})
    recipeText += fmt::format("\n{}\n{}", text.size(), text);
  GuestImage image;
  image.key = sha256Hex(recipeText).substr(0, 24);
  HOTGATE_TRY(const fs::path folder, cacheEntry(cache, "image-" + image.key, [&](const fs::path &temporary) {
                progress("building the guest image (about a minute, once)");
                return buildImage(temporary);
              }));
  image.root = folder / "root.sqfs";
  image.kernel = folder / "vmlinuz";
  image.initrd = folder / "initrd.gz";
  return image;
}

} // namespace hotgate::harness
