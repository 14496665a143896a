// The memory of another process: exact reads and writes, protections, and room near a module.
#pragma once

#include "harness/agent/process.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace hotgate::harness::agent {

// An address in another process, as the system's functions want it. It is never followed here.
[[nodiscard]] inline void *pointer(uint64_t address) {
  return reinterpret_cast<void *>(address); // NOLINT(performance-no-int-to-ptr)
}

struct Region {
  uint64_t address = 0;
  uint64_t size = 0;
  uint64_t allocation = 0; // where the allocation begins that it belongs to
  bool isFree = false;
  bool isPrivateAndReadable = false;
};

class RemoteMemory {
public:
  explicit RemoteMemory(const Process &process) : process_(&process) {}

  [[nodiscard]] const Process &process() const { return *process_; }
  [[nodiscard]] Outcome<> read(uint64_t address, std::span<uint8_t> into) const;
  [[nodiscard]] Outcome<std::vector<uint8_t>> read(uint64_t address, size_t size) const;
  template <class T> [[nodiscard]] Outcome<T> readValue(uint64_t address) const {
    T value{};
    AGENT_CHECK(read(address, {reinterpret_cast<uint8_t *>(&value), sizeof value}));
    return value;
  }
  // Into memory that is writable already.
  [[nodiscard]] Outcome<> write(uint64_t address, std::span<const uint8_t> bytes) const;
  // Into memory of any protection, which it has again afterwards.
  [[nodiscard]] Outcome<> writeProtected(uint64_t address, std::span<const uint8_t> bytes) const;
  [[nodiscard]] Outcome<uint32_t> protect(uint64_t address, uint64_t size, uint32_t protection) const; // the old one

  // Writable memory whose every byte is within 2 GiB of every byte of the module: a rel32 reaches.
  [[nodiscard]] Outcome<uint64_t> allocateNear(const Module &module, uint64_t size) const;
  [[nodiscard]] Outcome<uint64_t> allocate(uint64_t size) const;
  void free(uint64_t address) const;

  // Calls `visit` for each region within 2 GiB of the module, from low to high, until it answers false.
  void forEachRegionNear(const Module &module, const std::function<bool(const Region &)> &visit) const;

private:
  const Process *process_;
};

// Makes a range writable and gives it its old protection back at the end of the scope.
class WritableRange {
public:
  static Outcome<WritableRange> make(const RemoteMemory &memory, uint64_t address, uint64_t size);
  WritableRange(WritableRange &&other) noexcept;
  WritableRange &operator=(WritableRange &&) = delete;
  ~WritableRange();

private:
  WritableRange(const RemoteMemory &memory, uint64_t address, uint64_t size, uint32_t old)
      : memory_(&memory), address_(address), size_(size), old_(old) {}
  const RemoteMemory *memory_;
  uint64_t address_;
  uint64_t size_;
  uint32_t old_;
};

} // namespace hotgate::harness::agent
