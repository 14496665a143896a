#include "cli/lab_image_command.h"

#include "cli/installation.h"
#include "harness/guest/ready_guest.h"
#include "harness/guest/reference_guest.h"
#include "harness/vm/guest_layer.h"
#include "support/log.h"
#include "support/output_file.h"

#include <fmt/chrono.h>
#include <map>

namespace hotgate::cli {
namespace {

// Kind of entry and what people call it.
const std::map<std::string, const char *> &labKinds() {
  static const std::map<std::string, const char *> kinds{{"accelerator", "whether a guest boots under KVM"},
                                                         {"guest", "saved guest"},
                                                         {"image", "base image"},
                                                         {"layer", "a role's server"},
                                                         {"wine", "wine prefix of this host"}};
  return kinds;
}

} // namespace

Result<> labImageBuild(const LabImageOptions &options) {
  HOTGATE_TRY(const Installation installation, findInstallation());
  HOTGATE_TRY(const auto cache, harness::defaultCacheFolder());
  std::vector<harness::Role> roles;
  for (const std::string &name : options.roles) {
    const auto file = installation.roles / (name + ".yaml");
    HOTGATE_TRY(harness::Role role, harness::readRole(file));
    if (!role.reference)
      return failUsage(file.string(), "reference", "the role has no reference server", "leave it out");
    roles.push_back(std::move(role));
  }
  const harness::Progress progress = [](std::string_view text) { log::progress(text); };
  HOTGATE_TRY(const harness::GuestImage image, harness::provideGuestImage(cache, progress));
  HOTGATE_TRY(const harness::Accelerator accelerator, harness::chooseAccelerator(cache, image, progress));
  HOTGATE_CHECK(harness::provideReadyState(cache, image, {.accelerator = accelerator}, installation.agent, progress));
  for (const harness::Role &role : roles) {
    HOTGATE_TRY(
        const harness::GuestLayer layer,
        harness::provideGuestLayer(cache, image, installation.roles / "reference" / role.reference->layer, progress));
    HOTGATE_CHECK(harness::provideReferenceState(cache, layer, accelerator, role, progress));
  }
  log::endProgress();
  return labImageList();
}

Result<> labImageList() {
  HOTGATE_TRY(const auto cache, harness::defaultCacheFolder());
  HOTGATE_TRY(const auto entries, harness::listCache(cache));
  std::string text;
  uintmax_t sum = 0;
  for (const harness::CacheEntry &entry : entries) {
    const auto kind = labKinds().find(entry.kind());
    if (kind == labKinds().end())
      continue;
    sum += entry.bytes;
    text +=
        fmt::format("{:<48} {:>7.1f} MiB  {:%Y-%m-%d}  {}\n", entry.name, static_cast<double>(entry.bytes) / 1048576,
                    std::chrono::floor<std::chrono::seconds>(entry.lastUse), kind->second);
  }
  text += fmt::format("{:.1f} MiB in {}\n", static_cast<double>(sum) / 1048576, cache.string());
  return writeStandardOutput(text);
}

Result<> labImagePrune(const LabImageOptions &options) {
  HOTGATE_TRY(const auto cache, harness::defaultCacheFolder());
  std::vector<std::string> kinds;
  for (const auto &[kind, what] : labKinds())
    kinds.push_back(kind);
  const auto now = std::chrono::system_clock::now();
  HOTGATE_TRY(const auto removed,
              harness::pruneCache(cache, kinds, options.all ? now : now - std::chrono::days(options.days)));
  std::string text;
  for (const std::string &name : removed)
    text += fmt::format("removed {}\n", name);
  return writeStandardOutput(text + fmt::format("{} entries removed\n", removed.size()));
}

} // namespace hotgate::cli
