// Limits: x64 guests, Debian bookworm; the mirror is mmdebstrap's default.
#include "harness/vm/guest_image.h"

#include "harness/vm/child_process.h"
#include "harness/vm/machine.h"
#include "harness/vm/recipe.h"
#include "support/mapped_file.h"
#include "support/output_file.h"
#include "support/sha256.h"

#include <array>
#include <csignal>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suite = "bookworm";
constexpr std::chrono::minutes buildDeadline{20};
constexpr std::array products{"root.sqfs", "vmlinuz", "initrd.gz"};
constexpr const char *contentFile = "content";

std::string packageList() {
  std::istringstream lines{std::string(recipe::packages())};
  std::string list;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#')
      list += (list.empty() ? "" : ",") + line;
  return list;
}

// What the image really is: the same recipe gives another one when the mirror has newer packages, and a saved guest's
// page cache fits only the disk that it was made from.
Result<std::string> contentId(const fs::path &folder) {
  std::string digests;
  for (const char *product : products) {
    HOTGATE_TRY(const MappedFile file, MappedFile::open(folder / product));
    digests += sha256Hex(file.bytes()) + "\n";
  }
  return sha256Hex(digests);
}

Result<> buildImage(const fs::path &folder) {
  HOTGATE_CHECK(checkBuildTools({"mmdebstrap", "mksquashfs"}, "mmdebstrap and squashfs-tools"));
  const fs::path texts = folder / "recipe";
  std::error_code error;
  fs::create_directory(texts, error);
  HOTGATE_CHECK(writeFile(texts / "customize.sh", recipe::customize()));
  HOTGATE_CHECK(writeFile(texts / "initrd-init.sh", recipe::initrdInit()));
  HOTGATE_CHECK(writeFile(texts / "guest-init.sh", recipe::guestInit()));

  ChildProcess::Options options;
  // Not SIGKILL: mmdebstrap unmounts and removes its own temporary root when it is asked to end.
  options.deathSignal = SIGTERM;
  options.arguments = {"mmdebstrap", "--variant=minbase", "--format=null", "--include=" + packageList(),
                       "--customize-hook=mkdir \"$1/hotgate.recipe\""};
  for (const char *text : {"customize.sh", "initrd-init.sh", "guest-init.sh"})
    options.arguments.push_back(
        fmt::format("--customize-hook=upload {} /hotgate.recipe/{}", shellQuoted((texts / text).string()), text));
  options.arguments.emplace_back("--customize-hook=sh \"$1/hotgate.recipe/customize.sh\" \"$1\"");
  for (const char *product : products)
    options.arguments.push_back(
        fmt::format("--customize-hook=download /hotgate.out/{} {}", product, shellQuoted((folder / product).string())));
  options.arguments.insert(options.arguments.end(), {std::string(suite), "/dev/null"});

  HOTGATE_TRY(ChildProcess builder, ChildProcess::start(options));
  HOTGATE_TRY(const int status, builder.wait(after(buildDeadline)));
  if (status != 0)
    return failInput("guest image", "mmdebstrap",
                     fmt::format("ended with exit code {}; its last words:\n{}", status, builder.outputTail()),
                     failedBuildAdvice());
  fs::remove_all(texts, error);
  HOTGATE_TRY(const std::string content, contentId(folder));
  return writeFile(folder / contentFile, content);
}

} // namespace

Result<> checkBuildTools(const std::vector<std::string> &tools, const std::string &packages) {
  for (const std::string &tool : tools)
    if (findProgram(tool).empty())
      return failInput(tool, "", "not found in PATH, and a guest image has to be built",
                       "install the Debian packages " + packages);
  // Without root the build runs in a user namespace.
  if (geteuid() != 0 && findProgram("newuidmap").empty())
    return failInput("newuidmap", "", "not found in PATH, and only root can build a guest image without it",
                     "install the Debian package uidmap, or build the image as root");
  return {};
}

std::string failedBuildAdvice() {
  std::string advice = "make the Debian mirror reachable, or see which package could not be installed";
  if (geteuid() != 0)
    advice += "; a plain user also needs user namespaces and an own range in /etc/subuid and /etc/subgid (usermod "
              "--add-subuids 100000-165535 --add-subgids 100000-165535 USER), or builds as root";
  return advice;
}

Result<GuestImage> provideGuestImage(const fs::path &cache, const Progress &progress) {
  HOTGATE_TRY(const std::string version, qemuVersion());
  std::string recipeText = version;
  for (const std::string_view text :
       {suite, recipe::packages(), recipe::customize(), recipe::initrdInit(), recipe::guestInit()})
    recipeText += fmt::format("\n{}\n{}", text.size(), text);
  GuestImage image;
  const std::string name = "image-" + sha256Hex(recipeText).substr(0, 24);
  HOTGATE_TRY(const fs::path folder, cacheEntry(cache, name, [&](const fs::path &temporary) {
                progress("building the guest image (about a minute, once)");
                return buildImage(temporary);
              }));
  std::ifstream content(folder / contentFile);
  if (!std::getline(content, image.id) || image.id.size() != 64)
    return failInput(folder.string(), contentFile, "is not the image's SHA-256",
                     "remove the folder; it is built again");
  image.root = folder / "root.sqfs";
  image.kernel = folder / "vmlinuz";
  image.initrd = folder / "initrd.gz";
  return image;
}

} // namespace hotgate::harness
