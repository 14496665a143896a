// The images of two packages, folders or single files: which is which, and which are the same bytes.
#pragma once

#include "analyzer/package/package.h"
#include "support/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::cli {

struct ImagePair {
  // "dhcpsrv.exe"; "wow64/dhcpsrv.exe" in a folder of folders; with component, architecture and language when a package
  // has several images of one name.
  std::string module;
  analyzer::PackageImage pre;
  analyzer::PackageImage post;
  std::string preSha256, postSha256;

  [[nodiscard]] bool isUnchanged() const { return preSha256 == postSha256; }
  // Why the two cannot be compared although they differ: a machine that the analyzer does not know. "" when they can.
  [[nodiscard]] std::string obstacle() const;
};

// An error about a file of a package names it by the way to it, and not by the place that it was expanded to.
[[nodiscard]] Error shownAs(Error error, const std::filesystem::path &path, const std::string &display);

struct SingleImage {
  analyzer::PackageImage image;
  bool isAmbiguous = false;
  std::string reason; // why it has no partner
};

struct ImageSet {
  analyzer::Package pre, post;  // their images are in what follows
  std::vector<ImagePair> pairs; // by module
  std::vector<SingleImage> preOnly, postOnly;

  [[nodiscard]] size_t unchanged() const;
};

struct ImageSource {
  std::filesystem::path path;
  std::string label; // begins every shown path of it
};

// Reads and pairs the two; packages are expanded into `scratch`. Errors: input.
Result<ImageSet> readImageSet(const ImageSource &pre, const ImageSource &post, const std::filesystem::path &scratch);

// "amd64 10.0.26100.1 -> 10.0.26100.2, microsoft-windows-dhcp-server"; "" for a pair without a component.
[[nodiscard]] std::string componentText(const ImagePair &pair);

} // namespace hotgate::cli
