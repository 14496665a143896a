#include "analyzer/image/tls_directory.h"

#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

std::optional<TlsDirectory> readTlsDirectory(const Image &image) {
  constexpr int mostCallbacks = 64;
  const uint32_t rva = image.directory(Directory::tls).rva;
  const uint32_t pointer = image.is64() ? 8 : 4;
  if (rva == 0)
    return std::nullopt;
  const auto begin = image.pointerAt(rva);
  const auto end = image.pointerAt(rva + pointer);
  const auto zeroFill = image.bytesAt(rva + 4 * pointer, 4);
  if (!begin || !end || !zeroFill || *end < *begin || *end > image.sizeOfImage())
    return std::nullopt;
  const uint32_t zeros = llvm::support::endian::read32le(zeroFill->data());
  if (zeros > image.sizeOfImage() - *end)
    return std::nullopt;
  TlsDirectory directory{*begin, *end - *begin, zeros, image.pointerAt(rva + 2 * pointer).value_or(0), {}};
  auto list = image.pointerAt(rva + 3 * pointer);
  for (int i = 0; list && i < mostCallbacks; ++i, *list += pointer) {
    const auto callback = image.pointerAt(*list);
    if (!callback)
      break;
    directory.callbacks.push_back(*callback);
  }
  return directory;
}

} // namespace hotgate::analyzer
