// The TLS directory: what every thread of the process gets a copy of (IMAGE_TLS_DIRECTORY, winnt.h).
#pragma once

#include "analyzer/image/image.h"

#include <optional>
#include <vector>

namespace hotgate::analyzer {

struct TlsDirectory {
  uint32_t templateRva = 0;        // what a new thread's block is copied from
  uint32_t templateSize = 0;       // bytes
  uint32_t zeroFill = 0;           // zero bytes behind them
  uint32_t indexRva = 0;           // _tls_index: where the loader says which slot of a thread is this image's
  std::vector<uint32_t> callbacks; // RVAs, in the order in which they are called; no more than 64

  [[nodiscard]] uint32_t blockSize() const { return templateSize + zeroFill; }
};

// nullopt when the image has none, or when what it says of the template does not lie in the image.
[[nodiscard]] std::optional<TlsDirectory> readTlsDirectory(const Image &image);

} // namespace hotgate::analyzer
