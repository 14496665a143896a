// The step that changes which code runs: from the functions redirected now to those that shall be redirected.
//
// Apply, undo and N -> N+1 are the same step with different goals. It either reaches its goal or takes back every byte.
// The order is the loader's (hotpatch_format.h, redirect64): slot, jump in the padding, then the two bytes at the
// function, which alone decide. What keeps it safe for running threads is said at each part.
#pragma once

#include "harness/agent/address_table.h"
#include "harness/agent/remote_call.h"
#include "harness/agent/threads.h"

#include <cstdint>
#include <vector>

namespace hotgate::harness::agent {

struct Redirect {
  uint32_t function = 0; // RVA in the base
  uint32_t target = 0;   // RVA in the patch image
};

struct RedirectionResult {
  std::vector<uint32_t> restored; // functions that run base code again
  uint32_t stoppedAllThreads = 0; // functions whose two bytes cross an 8-byte boundary
  uint32_t retries = 0;           // attempts that met a thread inside the bytes
};

class Redirection {
public:
  Redirection(const RemoteMemory &memory, const Module &module, RemoteCaller &caller, AddressTable &table,
              uint32_t deadlineMs)
      : memory_(memory), module_(module), caller_(caller), table_(table), deadlineMs_(deadlineMs) {}

  // `patchAddress`: where the image that the targets lie in is mapped.
  [[nodiscard]] Outcome<RedirectionResult> moveTo(const std::vector<Redirect> &goal, uint64_t patchAddress);

  // Whether a thread may have entered the patch image, even if the step was refused in the end.
  [[nodiscard]] bool wentLive() const { return wentLive_; }

private:
  // The two bytes at a function.
  struct Edit {
    uint64_t function = 0;
    std::array<uint8_t, 2> from{};
    std::array<uint8_t, 2> to{};
  };
  [[nodiscard]] uint64_t addressOf(size_t index) const { return module_.base + table_.entries()[index].function; }
  [[nodiscard]] Outcome<> prepare(const Redirect &redirect, uint64_t patchAddress, std::vector<size_t> &added);
  [[nodiscard]] Outcome<> retarget(const Redirect &redirect, uint64_t patchAddress);
  [[nodiscard]] Outcome<std::vector<Edit>> editsFor(const std::vector<size_t> &added,
                                                    const std::vector<size_t> &removed) const;
  [[nodiscard]] Outcome<> applyEdits(const std::vector<Edit> &edits);
  [[nodiscard]] Outcome<> editWithAllStopped(const std::vector<Edit> &edits);
  [[nodiscard]] Outcome<> editAtomically(const Edit &edit);
  [[nodiscard]] Refusal takeBack(const std::vector<Edit> &edits, const std::vector<size_t> &added, Refusal reason);
  [[nodiscard]] Outcome<> restorePadding(const std::vector<size_t> &entries);
  [[nodiscard]] Outcome<> waitUntilNobodyIsInPadding(const std::vector<size_t> &entries) const;

  RemoteMemory memory_;
  Module module_;
  RemoteCaller &caller_;
  AddressTable &table_;
  uint32_t deadlineMs_;
  bool wentLive_ = false;
  RedirectionResult result_;
};

} // namespace hotgate::harness::agent
