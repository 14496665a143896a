// The images of a package, folder or single file, whatever it is wrapped in: .msu, .cab, WIM, .psf, nested.
//
// Packages are expanded into a scratch folder of the caller; a path that is shown names the packages like folders
// ("post.msu/Windows-KB5099001.cab/amd64_.../dhcpssvc.dll"). What cannot be expanded here (differentials) is listed,
// never left out. A package that is damaged or hostile is an error as a whole.
#pragma once

#include "analyzer/package/component.h"
#include "analyzer/package/expansion.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct PackageImage {
  std::filesystem::path path; // where it can be read
  std::string display;        // for people and results
  // Below its component's folder, else below the package or folder that it came in; as written, with '/'.
  std::string place;
  std::optional<ComponentIdentity> component;
  std::string machine;  // "x64", "machine 0x1c4"; "" when the file does not say
  std::string language; // "neutral", "en-us"
};

struct UnexpandedFile {
  std::string display;
  std::string reason; // "PA30 differential"
};

struct PackageIdentity {
  std::string display; // of its update.mum
  ComponentIdentity identity;
};

struct Package {
  std::vector<PackageImage> images;        // by display
  std::vector<UnexpandedFile> unexpanded;  // by display
  std::vector<PackageIdentity> identities; // by display
};

// Names like .msu, .cab and .wim do not matter, contents do.
[[nodiscard]] bool isPackageFile(const std::filesystem::path &path);

// `label` begins every shown path. Errors: input, for a package that cannot be read, and for two images of a folder
// whose names differ in case only.
Result<Package> readPackage(const std::filesystem::path &path, const std::string &label,
                            const std::filesystem::path &scratch, const ExpansionBudget &budget = {});

} // namespace hotgate::analyzer
