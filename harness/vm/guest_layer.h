// What a role's server adds to the guest: packages, configuration and scripts of one folder
// (harness/roles/reference/NAME) as a disk of its own, which the guest's initrd lays over the base image. Built once,
// cached under the hash of the folder and the base image's content.
//
// The folder: packages.txt (Debian packages, one a line), customize.sh (run once in the guest's root while the disk is
// made), and whatever else; all of it lies in the guest as /hotgate/reference. What customize.sh leaves in
// /hotgate/export (a certificate that clients are to trust) comes out as files.
#pragma once

#include "harness/vm/guest_image.h"

#include <map>

namespace hotgate::harness {

struct GuestLayer {
  GuestImage image;                           // the base with the layer
  std::map<std::string, std::string> exports; // file name and content, of small files
};

// Errors: usage, when the folder is no recipe; input, when a tool is missing or the disk cannot be built.
Result<GuestLayer> provideGuestLayer(const std::filesystem::path &cache, const GuestImage &base,
                                     const std::filesystem::path &recipe, const Progress &progress);

} // namespace hotgate::harness
