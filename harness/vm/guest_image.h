// The guest: a Debian root file system with wine and a baked prefix, its kernel and a small initrd, built once from
// the recipe in harness/vm/recipe and cached under the hash of the recipe and the QEMU version.
#pragma once

#include "harness/vm/cache.h"

#include <string>
#include <vector>

namespace hotgate::harness {

struct GuestImage {
  std::filesystem::path root;   // squashfs, read-only
  std::filesystem::path kernel; // bzImage
  std::filesystem::path initrd;
  std::filesystem::path layer = {}; // squashfs that is laid over root (guest_layer.h); "" without one
  std::string id;                   // hash of these files: part of the name of everything made from this image
};

// The programs that a build of an image or a layer needs; who is not root needs newuidmap, too. Errors: input.
Result<> checkBuildTools(const std::vector<std::string> &tools, const std::string &packages);
// What to see to when such a build has failed.
std::string failedBuildAdvice();

// Builds it when it is not in the cache (about a minute, needs mmdebstrap and squashfs-tools, and a Debian mirror).
Result<GuestImage> provideGuestImage(const std::filesystem::path &cache, const Progress &progress);

} // namespace hotgate::harness
