#include "harness/agent/remote_memory.h"

#include <algorithm>
#include <optional>

namespace hotgate::harness::agent {
namespace {

constexpr uint64_t granularity = 0x10000; // where an allocation may begin
constexpr uint64_t reach = 0x7FFF0000;    // a little less than 2 GiB
constexpr uint64_t lowestAddress = 0x10000;
constexpr uint64_t highestAddress = 0x7FFF'FFFE'0000; // of a 64-bit process

uint64_t lowestNear(const Module &module) {
  const uint64_t end = module.base + module.size;
  return end > reach + lowestAddress ? end - reach : lowestAddress;
}
uint64_t highestNear(const Module &module) { return std::min(module.base + reach, highestAddress); }

} // namespace

Outcome<> RemoteMemory::read(uint64_t address, std::span<uint8_t> into) const {
  SIZE_T done = 0;
  if (!ReadProcessMemory(process_->handle(), pointer(address), into.data(), into.size(), &done) || done != into.size())
    return refuseLastError(process_->entity(), fmt::format("reading {} bytes at {:#x}", into.size(), address));
  return {};
}

Outcome<std::vector<uint8_t>> RemoteMemory::read(uint64_t address, size_t size) const {
  std::vector<uint8_t> bytes(size);
  AGENT_CHECK(read(address, bytes));
  return bytes;
}

Outcome<> RemoteMemory::write(uint64_t address, std::span<const uint8_t> bytes) const {
  SIZE_T done = 0;
  if (!WriteProcessMemory(process_->handle(), pointer(address), bytes.data(), bytes.size(), &done) ||
      done != bytes.size())
    return refuseLastError(process_->entity(), fmt::format("writing {} bytes at {:#x}", bytes.size(), address));
  return {};
}

Outcome<> RemoteMemory::writeProtected(uint64_t address, std::span<const uint8_t> bytes) const {
  AGENT_TRY(const WritableRange writable, WritableRange::make(*this, address, bytes.size()));
  AGENT_CHECK(write(address, bytes));
  FlushInstructionCache(process_->handle(), pointer(address), bytes.size());
  return {};
}

Outcome<uint32_t> RemoteMemory::protect(uint64_t address, uint64_t size, uint32_t protection) const {
  DWORD old = 0;
  if (!VirtualProtectEx(process_->handle(), pointer(address), size, protection, &old))
    return refuseLastError(process_->entity(), fmt::format("VirtualProtectEx of {:#x} bytes at {:#x}", size, address));
  return old;
}

Outcome<uint64_t> RemoteMemory::allocateNear(const Module &module, uint64_t size) const {
  // Nearest first: a table behind the image, as the loader reserves it, reads best in a debugger.
  std::vector<uint64_t> candidates;
  const uint64_t middle = module.base + module.size;
  forEachRegionNear(module, [&](const Region &region) {
    const uint64_t low = std::max(region.address, lowestNear(module));
    const uint64_t high = std::min(region.address + region.size, highestNear(module));
    const uint64_t first = (low + granularity - 1) / granularity * granularity;
    if (!region.isFree || high < size || first > high - size)
      return true;
    const uint64_t last = (high - size) / granularity * granularity;
    candidates.push_back(std::clamp(middle / granularity * granularity + granularity, first, last));
    return true;
  });
  const auto distance = [&](uint64_t address) { return address > middle ? address - middle : middle - address; };
  std::sort(candidates.begin(), candidates.end(), [&](uint64_t a, uint64_t b) { return distance(a) < distance(b); });
  for (const uint64_t address : candidates)
    if (VirtualAllocEx(process_->handle(), pointer(address), size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))
      return address;
  return refuse(process_->entity(), module.name,
                fmt::format("no {:#x} bytes are free within 2 GiB of the module", size), "restart the process");
}

Outcome<uint64_t> RemoteMemory::allocate(uint64_t size) const {
  void *address = VirtualAllocEx(process_->handle(), nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (!address)
    return refuseLastError(process_->entity(), "VirtualAllocEx");
  return reinterpret_cast<uint64_t>(address);
}

void RemoteMemory::free(uint64_t address) const { VirtualFreeEx(process_->handle(), pointer(address), 0, MEM_RELEASE); }

void RemoteMemory::forEachRegionNear(const Module &module, const std::function<bool(const Region &)> &visit) const {
  constexpr DWORD readable = PAGE_READONLY | PAGE_READWRITE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE;
  uint64_t address = lowestNear(module);
  while (address < highestNear(module)) {
    MEMORY_BASIC_INFORMATION information{};
    if (VirtualQueryEx(process_->handle(), pointer(address), &information, sizeof information) != sizeof information)
      return;
    const auto begin = reinterpret_cast<uint64_t>(information.BaseAddress);
    const uint64_t end = begin + information.RegionSize;
    if (end <= address)
      return;
    const bool isPrivate = information.State == MEM_COMMIT && information.Type == MEM_PRIVATE;
    if (!visit({begin, information.RegionSize, reinterpret_cast<uint64_t>(information.AllocationBase),
                information.State == MEM_FREE, isPrivate && (information.Protect & readable) != 0}))
      return;
    address = end;
  }
}

Outcome<WritableRange> WritableRange::make(const RemoteMemory &memory, uint64_t address, uint64_t size) {
  AGENT_TRY(const uint32_t old, memory.protect(address, size, PAGE_EXECUTE_READWRITE));
  return WritableRange(memory, address, size, old);
}

WritableRange::WritableRange(WritableRange &&other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), address_(other.address_), size_(other.size_), old_(other.old_) {}

WritableRange::~WritableRange() {
  if (memory_)
    (void)memory_->protect(address_, size_, old_);
}

} // namespace hotgate::harness::agent
