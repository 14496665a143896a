#include "harness/agent/redirect_scan.h"

#include "analyzer/image/hotpatch_format.h"
#include "harness/agent/bounded_bytes.h"

#include <algorithm>
#include <optional>

namespace hotgate::harness::agent {
namespace {

namespace format = hotpatch::redirect64;
namespace table = hotpatch::addressTable;

constexpr uint64_t largestHead = 0x10000;

// The redirect whose two bytes stand at `code[at]`, if that is what they are.
std::optional<FoundRedirect> redirectAt(const RemoteMemory &memory, uint64_t codeAddress, std::span<const uint8_t> code,
                                        size_t at) {
  if (at < format::jumpBefore || code[at] != format::entryJump[0] || code[at + 1] != format::entryJump[1] ||
      code[at - format::jumpBefore] != format::jumpOpcode)
    return std::nullopt;
  const auto displacement = *readAt<int32_t>(code, at - 4);
  const uint64_t thunk = codeAddress + at + static_cast<uint64_t>(int64_t{displacement});
  const auto bytes = memory.readValue<std::array<uint8_t, table::entrySize>>(thunk);
  const auto target = memory.readValue<uint64_t>(thunk + table::pageSize);
  if (!bytes || *bytes != table::thunk || !target)
    return std::nullopt;
  return FoundRedirect{0, thunk, *target};
}

} // namespace

Outcome<ImageHeaders> moduleHeaders(const RemoteMemory &memory, const Module &module) {
  const uint64_t size = std::min(largestHead, module.size);
  // Headers are followed by a hole when they are shorter than a page's neighbours: read what they say they need.
  AGENT_TRY(auto head, memory.read(module.base, std::min<uint64_t>(0x1000, size)));
  auto headers = parseHeaders(module.name, head);
  if (headers || size <= head.size())
    return headers;
  AGENT_TRY(head, memory.read(module.base, size));
  return parseHeaders(module.name, head);
}

Outcome<std::vector<FoundRedirect>> scanRedirects(const RemoteMemory &memory, const Module &module,
                                                  const ImageHeaders &headers) {
  std::vector<FoundRedirect> found;
  for (const ImageSection &section : headers.sections) {
    if (!section.isExecutable())
      continue;
    const uint64_t address = module.base + section.rva;
    AGENT_TRY(const auto code, memory.read(address, section.extent()));
    for (size_t at = 0; at + 1 < code.size(); ++at)
      if (auto redirect = redirectAt(memory, address, code, at)) {
        redirect->function = static_cast<uint32_t>(section.rva + at);
        found.push_back(*redirect);
      }
  }
  return found;
}

} // namespace hotgate::harness::agent
