// Running a function inside another process, on a thread made for it.
//
// Small pieces of code are placed in the process: one passes four arguments and keeps the result, the others are the
// atomic stores of a redirect. A store from outside (WriteProcessMemory) is not known to be atomic for the
// process's own threads; a locked instruction on one of its processors is.
#pragma once

#include "harness/agent/remote_memory.h"

#include <array>
#include <cstdint>

namespace hotgate::harness::agent {

class RemoteCaller {
public:
  static Outcome<RemoteCaller> create(const RemoteMemory &memory);
  RemoteCaller(RemoteCaller &&other) noexcept;
  RemoteCaller &operator=(RemoteCaller &&) = delete;
  ~RemoteCaller();

  // The function's result. An error when it does not return in time; its thread then goes on, and the code it runs
  // must stay where it is.
  [[nodiscard]] Outcome<uint64_t> call(uint64_t function, std::array<uint64_t, 4> arguments, uint32_t deadlineMs);

  // If the two bytes at `address` are `expected`, they become `replacement`. The result is what stood there.
  [[nodiscard]] Outcome<uint16_t> compareExchange(uint64_t address, uint16_t expected, uint16_t replacement);
  // One 8-byte store.
  [[nodiscard]] Outcome<> store(uint64_t address, uint64_t value);

private:
  RemoteCaller(const RemoteMemory &memory, uint64_t pages) : memory_(memory), pages_(pages) {}
  RemoteMemory memory_;
  uint64_t pages_; // one page of code, one of arguments; 0 when they must stay because a thread still uses them
};

} // namespace hotgate::harness::agent
