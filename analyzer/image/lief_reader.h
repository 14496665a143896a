// The few things about an image that only LIEF reads: version resource, rich header, Authenticode, TLS callbacks.
//
// For people (hotgate inspect), never for a verdict. LIEF 0.9 throws, recurses and allocates as a hostile image tells
// it to, so it works in a child process with limits on time and memory; what becomes of that child is an error value
// here. Slow on big images (half a second for 87 MB). The only file that knows LIEF: newer releases have another
// interface.
#pragma once

#include "analyzer/image/image.h"

namespace hotgate::analyzer {

struct VersionResource {
  std::string fileVersion;                                  // "10.0.20348.1"
  std::string productVersion;                               // the same
  std::vector<std::pair<std::string, std::string>> strings; // "CompanyName", ...; by name
};

// One line of the rich header: how many objects which build of which tool contributed.
struct RichTool {
  uint16_t product = 0;
  uint16_t build = 0;
  uint32_t objects = 0;
};

struct LiefFacts {
  std::optional<VersionResource> version;
  std::vector<RichTool> richTools;    // as in the header; empty when there is none
  bool hasAuthenticode = false;       // a signature is there; whether it holds is not looked at
  std::vector<uint64_t> tlsCallbacks; // absolute addresses, in call order
};

// Errors: input, when LIEF fails on the image; fault, when no child process can be had.
Result<LiefFacts> readWithLief(const Image &image);

} // namespace hotgate::analyzer
