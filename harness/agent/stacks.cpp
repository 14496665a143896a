#include "harness/agent/stacks.h"

#include <dbghelp.h>

namespace hotgate::harness::agent {
namespace {

constexpr size_t mostThreads = 512;
constexpr size_t mostFrames = 64;
constexpr DWORD access = THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION;

// dbghelp's knowledge of the process: its modules and their unwind data.
class UnwindData {
public:
  explicit UnwindData(HANDLE process) : process_(process), isReady_(SymInitialize(process, nullptr, TRUE)) {}
  UnwindData(const UnwindData &) = delete;
  UnwindData &operator=(const UnwindData &) = delete;
  ~UnwindData() {
    if (isReady_)
      SymCleanup(process_);
  }
  [[nodiscard]] bool isReady() const { return isReady_ != 0; }

private:
  HANDLE process_;
  BOOL isReady_;
};

std::vector<uint64_t> walk(HANDLE process, HANDLE thread) {
  std::vector<uint64_t> addresses;
  CONTEXT context{};
  context.ContextFlags = CONTEXT_FULL;
  if (!GetThreadContext(thread, &context)) // it has ended
    return addresses;
  STACKFRAME64 frame{};
  frame.AddrPC = {context.Rip, 0, AddrModeFlat};
  frame.AddrStack = {context.Rsp, 0, AddrModeFlat};
  frame.AddrFrame = {context.Rbp, 0, AddrModeFlat};
  while (addresses.size() < mostFrames &&
         StackWalk64(IMAGE_FILE_MACHINE_AMD64, process, thread, &frame, &context, nullptr, SymFunctionTableAccess64,
                     SymGetModuleBase64, nullptr) &&
         frame.AddrPC.Offset != 0)
    addresses.push_back(frame.AddrPC.Offset);
  return addresses;
}

} // namespace

Outcome<std::vector<ThreadStack>> threadStacks(const Process &process) {
  AGENT_TRY(const auto ids, process.threadIds());
  if (ids.size() > mostThreads)
    return refuse(process.entity(), "threads", fmt::format("it has {} of them, more than {}", ids.size(), mostThreads),
                  "look at the process with a debugger");
  const UnwindData unwindData(process.handle());
  if (!unwindData.isReady())
    return refuseLastError(process.entity(), "SymInitialize", "check that dbghelp.dll is on the machine");
  std::vector<ThreadStack> stacks;
  for (const uint32_t tid : ids) {
    const UniqueHandle thread(OpenThread(access, FALSE, tid));
    if (!thread || SuspendThread(thread.get()) == static_cast<DWORD>(-1))
      continue; // it has ended
    stacks.push_back({tid, walk(process.handle(), thread.get())});
    ResumeThread(thread.get());
  }
  return stacks;
}

} // namespace hotgate::harness::agent
