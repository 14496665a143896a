#include "harness/agent/remote_call.h"

#include <algorithm>
#include <vector>

namespace hotgate::harness::agent {
namespace {

constexpr uint64_t pageSize = 0x1000;
constexpr uint32_t exchangeDeadlineMs = 10'000;

// Argument page: function, four arguments, result.
constexpr uint64_t resultOffset = 40;

// DWORD WINAPI callFunction(void **page)
constexpr uint8_t callFunction[] = {
    0x53,                   // push rbx
    0x48, 0x83, 0xEC, 0x20, // sub rsp, 32
    0x48, 0x89, 0xCB,       // mov rbx, rcx
    0x48, 0x8B, 0x4B, 0x08, // mov rcx, [rbx+8]
    0x48, 0x8B, 0x53, 0x10, // mov rdx, [rbx+16]
    0x4C, 0x8B, 0x43, 0x18, // mov r8, [rbx+24]
    0x4C, 0x8B, 0x4B, 0x20, // mov r9, [rbx+32]
    0xFF, 0x13,             // call [rbx]
    0x48, 0x89, 0x43, 0x28, // mov [rbx+40], rax
    0x31, 0xC0,             // xor eax, eax
    0x48, 0x83, 0xC4, 0x20, // add rsp, 32
    0x5B,                   // pop rbx
    0xC3,                   // ret
};
// uint64_t compareExchange(uint16_t *at, uint16_t expected, uint16_t replacement)
constexpr uint8_t compareExchangeCode[] = {
    0x0F, 0xB7, 0xC2,                   // movzx eax, dx
    0xF0, 0x66, 0x44, 0x0F, 0xB1, 0x01, // lock cmpxchg [rcx], r8w
    0x0F, 0xB7, 0xC0,                   // movzx eax, ax
    0xC3,                               // ret
};
constexpr uint64_t compareExchangeOffset = 0x100;
// uint64_t store(uint64_t *at, uint64_t value)
constexpr uint8_t storeCode[] = {
    0x48, 0x89, 0xD0, // mov rax, rdx
    0x48, 0x87, 0x01, // xchg [rcx], rax
    0xC3,             // ret
};
constexpr uint64_t storeOffset = 0x200;

} // namespace

Outcome<RemoteCaller> RemoteCaller::create(const RemoteMemory &memory) {
  AGENT_TRY(const uint64_t pages, memory.allocate(2 * pageSize));
  RemoteCaller caller(memory, pages);
  AGENT_CHECK(memory.write(pages, callFunction));
  AGENT_CHECK(memory.write(pages + compareExchangeOffset, compareExchangeCode));
  AGENT_CHECK(memory.write(pages + storeOffset, storeCode));
  AGENT_TRY([[maybe_unused]] const uint32_t old, memory.protect(pages, pageSize, PAGE_EXECUTE_READ));
  return caller;
}

RemoteCaller::RemoteCaller(RemoteCaller &&other) noexcept
    : memory_(other.memory_), pages_(std::exchange(other.pages_, 0)) {}

RemoteCaller::~RemoteCaller() {
  if (pages_ != 0)
    memory_.free(pages_);
}

Outcome<uint64_t> RemoteCaller::call(uint64_t function, std::array<uint64_t, 4> arguments, uint32_t deadlineMs) {
  const Process &process = memory_.process();
  if (pages_ == 0)
    return refuse(process.entity(), "remote call", "an earlier call never returned", "restart the process");
  std::array<uint64_t, 6> page{function, arguments[0], arguments[1], arguments[2], arguments[3], 0};
  AGENT_CHECK(memory_.write(pages_ + pageSize, {reinterpret_cast<const uint8_t *>(page.data()), sizeof page}));
  const UniqueHandle thread(CreateRemoteThread(process.handle(), nullptr, 0,
                                               reinterpret_cast<LPTHREAD_START_ROUTINE>(pointer(pages_)),
                                               pointer(pages_ + pageSize), 0, nullptr));
  if (!thread)
    return refuseLastError(process.entity(), "CreateRemoteThread");
  if (WaitForSingleObject(thread.get(), deadlineMs) != WAIT_OBJECT_0) {
    pages_ = 0;
    return refuse(process.entity(), fmt::format("call of {:#x}", function),
                  fmt::format("it did not return within {} ms", deadlineMs), "look at the process's threads");
  }
  return memory_.readValue<uint64_t>(pages_ + pageSize + resultOffset);
}

Outcome<uint16_t> RemoteCaller::compareExchange(uint64_t address, uint16_t expected, uint16_t replacement) {
  AGENT_TRY(const uint64_t before,
            call(pages_ + compareExchangeOffset, {address, expected, replacement, 0}, exchangeDeadlineMs));
  FlushInstructionCache(memory_.process().handle(), pointer(address), sizeof(uint16_t));
  return static_cast<uint16_t>(before);
}

Outcome<> RemoteCaller::store(uint64_t address, uint64_t value) {
  AGENT_CHECK(call(pages_ + storeOffset, {address, value, 0, 0}, exchangeDeadlineMs));
  return {};
}

} // namespace hotgate::harness::agent
