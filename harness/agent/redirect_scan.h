// What a module's code in memory says about redirected functions. No record is believed: the bytes are followed.
#pragma once

#include "harness/agent/image_headers.h"
#include "harness/agent/remote_memory.h"

#include <cstdint>
#include <vector>

namespace hotgate::harness::agent {

struct FoundRedirect {
  uint32_t function = 0; // RVA in the module
  uint64_t thunk = 0;
  uint64_t target = 0; // where a call of the function really goes
};

// The headers of a module as they stand in memory.
[[nodiscard]] Outcome<ImageHeaders> moduleHeaders(const RemoteMemory &memory, const Module &module);

// Every place in executable sections with EB F9, a jump before it, and a thunk at the jump's end; by function.
[[nodiscard]] Outcome<std::vector<FoundRedirect>> scanRedirects(const RemoteMemory &memory, const Module &module,
                                                                const ImageHeaders &headers);

} // namespace hotgate::harness::agent
