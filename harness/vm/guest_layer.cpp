// Limits: the build needs the network (Debian's mirror, as the base image has it) and memory for what is installed. Who
// is not root cannot set the mark by which an overlay hides a folder of the base that a package replaces (overlayfs'
// "opaque", kept as a user's attribute that the guest does not read): seen with none of the time role's packages.
#include "harness/vm/guest_layer.h"

#include "harness/vm/child_process.h"
#include "harness/vm/recipe.h"
#include "support/mapped_file.h"
#include "support/output_file.h"
#include "support/sha256.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes buildDeadline{15}; // measured 40 s on an idle machine
constexpr uintmax_t exportLimit = 65536;
constexpr const char *layerFile = "layer.sqfs";
constexpr const char *contentFile = "content";

// Every file of the folder with its content, in the order of their names.
Result<std::string> recipeText(const fs::path &recipe) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator each(recipe, error), end; !error && each != end; each.increment(error))
    if (each->is_regular_file(error))
      files.push_back(each->path());
  if (error)
    return failUsage(recipe.string(), "", error.message(), "name the folder of a role's reference server");
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path &file : files) {
    std::ostringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    text += fmt::format("{} {}\n{}\n", file.lexically_relative(recipe).string(), content.str().size(), content.str());
  }
  for (const char *needed : {"packages.txt", "customize.sh"})
    if (!fs::exists(recipe / needed, error))
      return failUsage((recipe / needed).string(), "", "is missing", "see docs/how-to-add-a-role.md");
  return text;
}

Result<> build(const GuestImage &base, const fs::path &recipe, const fs::path &folder) {
  HOTGATE_CHECK(checkBuildTools({"unshare", "unsquashfs", "mksquashfs"}, "util-linux and squashfs-tools"));
  const bool isRoot = geteuid() == 0;
  std::vector<std::string> command{"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"};
  if (!isRoot)
    command.insert(command.end(), {"--user", "--map-root-user", "--map-auto"});
  command.insert(command.end(),
                 {"env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "BASE=" + fs::absolute(base.root).string(),
                  "RECIPE=" + fs::canonical(recipe).string(), "OUT=" + fs::absolute(folder).string(),
                  fmt::format("OVERLAY={}", isRoot ? "" : ",userxattr"), "sh", "-c",
                  std::string(recipe::buildLayer())});
  HOTGATE_TRY(ChildProcess builder, ChildProcess::start({.arguments = command}));
  HOTGATE_TRY(const int status, builder.wait(after(buildDeadline)));
  if (status != 0)
    return failInput(recipe.string(), "customize.sh or apt-get",
                     fmt::format("ended with exit code {}; the last words:\n{}", status, builder.outputTail()),
                     failedBuildAdvice() + ", or correct the recipe");
  HOTGATE_TRY(const MappedFile layer, MappedFile::open(folder / layerFile));
  return writeFile(folder / contentFile, sha256Hex(layer.bytes()));
}

Result<std::map<std::string, std::string>> readExports(const fs::path &folder) {
  std::map<std::string, std::string> exports;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    if (each->file_size(error) > exportLimit)
      return failInput(each->path().string(), "", fmt::format("has more than {} bytes", exportLimit),
                       "export small files only");
    std::ostringstream content;
    content << std::ifstream(each->path(), std::ios::binary).rdbuf();
    exports[each->path().filename().string()] = content.str();
  }
  return exports;
}

} // namespace

Result<GuestLayer> provideGuestLayer(const fs::path &cache, const GuestImage &base, const fs::path &recipe,
                                     const Progress &progress) {
  HOTGATE_TRY(const std::string text, recipeText(recipe));
  const std::string key = sha256Hex(fmt::format("{}\n{}\n{}", base.id, recipe::buildLayer(), text)).substr(0, 24);
  const std::string name = recipe.filename().string();
  HOTGATE_TRY(const fs::path entry,
              cacheEntry(cache, fmt::format("layer-{}-{}", name, key), [&](const fs::path &folder) {
                progress(fmt::format("installing the server of role {} (under three minutes, once)", name));
                return build(base, recipe, folder);
              }));
  GuestLayer layer{base, {}};
  std::string content;
  std::ifstream file(entry / contentFile);
  if (!std::getline(file, content) || content.size() != 64)
    return failInput(entry.string(), contentFile, "is not the layer's SHA-256", "remove the folder; it is built again");
  layer.image.layer = entry / layerFile;
  layer.image.id = sha256Hex(std::string_view(base.id + content));
  HOTGATE_TRY(layer.exports, readExports(entry / "export"));
  return layer;
}

} // namespace hotgate::harness
