#include "analyzer/hotpatch/function_overrides.h"

#include <algorithm>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

constexpr uint64_t functionOverride = 7;

// Values one behind the other; what is asked for behind the end makes it `bad`.
class Cursor {
public:
  explicit Cursor(std::span<const uint8_t> bytes) : rest_(bytes) {}
  uint32_t value32() {
    const auto bytes = take(4);
    return bad_ ? 0 : llvm::support::endian::read32le(bytes.data());
  }
  uint64_t value64() {
    const auto bytes = take(8);
    return bad_ ? 0 : llvm::support::endian::read64le(bytes.data());
  }
  std::span<const uint8_t> take(uint64_t size) {
    bad_ = bad_ || size > rest_.size();
    if (bad_)
      return {};
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  [[nodiscard]] bool isBad() const { return bad_; }
  [[nodiscard]] bool isAtEnd() const { return rest_.empty() || bad_; }

private:
  std::span<const uint8_t> rest_;
  bool bad_ = false;
};

// IMAGE_FUNCTION_OVERRIDE_HEADER, then IMAGE_FUNCTION_OVERRIDE_DYNAMIC_RELOCATION one behind the other.
void readOverrides(std::span<const uint8_t> payload, std::vector<uint32_t> &functions) {
  Cursor header(payload);
  const uint32_t size = header.value32();
  for (Cursor overrides(header.take(size)); !overrides.isAtEnd();) {
    const uint32_t original = overrides.value32();
    overrides.value32(); // BDDOffset: by which features of the processor a version is chosen
    const uint32_t versionBytes = overrides.value32();
    const uint32_t relocationBytes = overrides.value32();
    Cursor versions(overrides.take(versionBytes));
    overrides.take(relocationBytes);
    if (overrides.isBad())
      return;
    functions.push_back(original);
    while (!versions.isAtEnd())
      if (const uint32_t version = versions.value32(); !versions.isBad())
        functions.push_back(version);
  }
}

// Version 1: symbol, size. Version 2: a header that says its own size, and the symbol in it.
void readEntries(Cursor entries, uint32_t version, bool is64, std::vector<uint32_t> &functions) {
  while (!entries.isAtEnd()) {
    uint64_t symbol = 0;
    uint32_t size = 0;
    if (version == 1) {
      symbol = is64 ? entries.value64() : entries.value32();
      size = entries.value32();
    } else {
      const uint32_t headerSize = entries.value32();
      size = entries.value32();
      Cursor header(entries.take(headerSize < 8 ? UINT64_MAX : headerSize - 8));
      symbol = is64 ? header.value64() : header.value32();
    }
    const auto payload = entries.take(size);
    if (!entries.isBad() && symbol == functionOverride)
      readOverrides(payload, functions);
  }
}

} // namespace

std::vector<uint32_t> overriddenFunctions(const Image &image) {
  const auto &configuration = image.loadConfiguration();
  const auto sections = image.sections();
  if (!configuration || configuration->dynamicRelocationSection == 0 ||
      configuration->dynamicRelocationSection > sections.size())
    return {};
  const uint64_t rva =
      uint64_t{sections[configuration->dynamicRelocationSection - 1].rva} + configuration->dynamicRelocationOffset;
  if (rva > UINT32_MAX)
    return {};
  Cursor table(image.bytesFrom(static_cast<uint32_t>(rva)));
  const uint32_t version = table.value32();
  const uint32_t size = table.value32();
  std::vector<uint32_t> functions;
  if (version == 1 || version == 2)
    readEntries(Cursor(table.take(size)), version, image.is64(), functions);
  std::ranges::sort(functions);
  functions.erase(std::unique(functions.begin(), functions.end()), functions.end());
  return functions;
}

} // namespace hotgate::analyzer
