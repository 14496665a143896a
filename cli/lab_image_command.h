// hotgate lab image build, list, prune: what the lab keeps in the cache to start guests from.
#pragma once

#include "support/result.h"

#include <string>
#include <vector>

namespace hotgate::cli {

struct LabImageOptions {
  std::vector<std::string> roles; // build: whose reference servers
  int days = 14;                  // prune: what was not used for so long
  bool all = false;
};

// The base image with a guest saved ready on it, and each role's layer with its own.
Result<> labImageBuild(const LabImageOptions &options);
Result<> labImageList();
// Names what it removed. Guest images, layers, saved guests, probes of the accelerator and wine prefixes; nothing else
// that lies in the cache.
Result<> labImagePrune(const LabImageOptions &options);

} // namespace hotgate::cli
