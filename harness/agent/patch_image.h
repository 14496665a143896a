// A hotpatch image on its way into a process: read and checked, prepared for the address it gets, mapped there.
#pragma once

#include "harness/agent/patch_metadata.h"
#include "harness/agent/remote_call.h"
#include "harness/agent/remote_exports.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::harness::agent {

struct PatchImage {
  std::string name; // file name, for messages and records
  ImageHeaders headers;
  std::vector<uint8_t> bytes; // laid out
  PatchMetadata metadata;

  static Outcome<PatchImage> load(const std::string &path);
  [[nodiscard]] std::optional<uint32_t> exportedRva(std::string_view symbol) const;
};

// The patch image in the process: relocated, bound, protected, its unwind data registered. Gives its memory back at the
// end of the scope unless it is kept: once a function has been redirected, threads may be inside.
class MappedPatch {
public:
  static Outcome<MappedPatch> map(PatchImage image, const RemoteMemory &memory, const Module &base,
                                  RemoteCaller &caller);
  MappedPatch(MappedPatch &&other) noexcept;
  MappedPatch &operator=(MappedPatch &&) = delete;
  ~MappedPatch();

  [[nodiscard]] uint64_t address() const { return address_; }
  void keep() { keep_ = true; }

private:
  MappedPatch(const RemoteMemory &memory, RemoteCaller &caller, uint64_t address)
      : memory_(memory), caller_(&caller), address_(address) {}
  RemoteMemory memory_;
  RemoteCaller *caller_;
  uint64_t address_;
  uint64_t functionTable_ = 0; // registered, else 0
  uint64_t deleteFunctionTable_ = 0;
  bool keep_ = false;
};

} // namespace hotgate::harness::agent
