// Threads of another process: where each one is, and stopping all of them at once.
#pragma once

#include "harness/agent/process.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hotgate::harness::agent {

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  [[nodiscard]] bool contains(uint64_t address) const { return address >= begin && address < end; }
};

struct ThreadPlace {
  uint32_t tid = 0;
  uint64_t rip = 0;
};

// Each thread stopped for a moment, one after the other. Threads that end meanwhile are left out; one
// whose place cannot be read is refused, here and below: it may stand anywhere.
[[nodiscard]] Outcome<std::vector<ThreadPlace>> threadPlaces(const Process &process);

// Every thread of the process, stopped while this lives. Nothing that needs the process to run (allocation,
// protection, remote calls) may be done meanwhile.
class StoppedThreads {
public:
  static Outcome<StoppedThreads> stop(const Process &process);
  StoppedThreads(StoppedThreads &&) noexcept = default;
  StoppedThreads &operator=(StoppedThreads &&) = delete;
  ~StoppedThreads();

  // The first thread whose next instruction lies in one of the ranges.
  [[nodiscard]] std::optional<ThreadPlace> firstInside(std::span<const AddressRange> ranges) const;

private:
  StoppedThreads() = default;
  struct Stopped {
    uint32_t tid = 0;
    UniqueHandle handle;
    uint64_t rip = 0;
  };
  std::vector<Stopped> threads_;
};

} // namespace hotgate::harness::agent
