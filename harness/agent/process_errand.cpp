#include "harness/agent/process_errand.h"

#include "harness/agent/windows_support.h"

#include <exception>
#include <memory>
#include <optional>
#include <process.h>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

// Owned by both threads, since either may be the last to look at it. Not std::future: clang's thread-local storage is
// not the one that MinGW's libstdc++ was built with, and std::call_once needs it.
struct Errand {
  std::function<Outcome<json>()> work;
  std::optional<Outcome<json>> answer;
  std::exception_ptr thrown; // memory runs out; the caller's border knows what to make of it

  void run() {
    try {
      answer = work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }
};
using SharedErrand = std::shared_ptr<Errand>;

unsigned __stdcall runOnThread(void *argument) {
  (*std::unique_ptr<SharedErrand>(static_cast<SharedErrand *>(argument)))->run();
  return 0;
}

// Not std::thread: one that is detached before it has begun sometimes ends at once (winpthreads of MinGW-w64 10; one in
// 400 on a busy machine), and nobody ever does its work.
UniqueHandle startThread(const SharedErrand &errand) {
  auto argument = std::make_unique<SharedErrand>(errand);
  UniqueHandle thread(reinterpret_cast<HANDLE>(_beginthreadex(nullptr, 0, runOnThread, argument.get(), 0, nullptr)));
  if (thread)
    argument.release(); // NOLINT(bugprone-unused-return-value): the thread's own now
  return thread;
}

// True when `thread` has ended, at the latest `graceMs` after `process` did.
bool endsInTime(HANDLE thread, HANDLE process, uint32_t graceMs) {
  const HANDLE either[] = {thread, process};
  if (WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0)
    return true;
  return WaitForSingleObject(thread, graceMs) == WAIT_OBJECT_0;
}

} // namespace

Outcome<json> runErrand(uint32_t pid, std::function<Outcome<json>()> work, uint32_t graceMs) {
  const UniqueHandle process(OpenProcess(SYNCHRONIZE, FALSE, pid));
  if (!process)
    return work(); // which says why it cannot be opened
  const auto errand = std::make_shared<Errand>(std::move(work));
  const UniqueHandle thread = startThread(errand);
  if (!thread)
    return refuse(fmt::format("process {}", pid), "", "no thread could be started for what is done in it",
                  "free memory on the machine");
  if (!endsInTime(thread.get(), process.get(), graceMs))
    return refuse(fmt::format("process {}", pid), "",
                  fmt::format("it ended, and what was being done in it did not come back within {} ms", graceMs),
                  "find out why the process ended, and start it again");
  if (errand->thrown)
    std::rethrow_exception(errand->thrown);
  if (!errand->answer)
    return refuse(fmt::format("process {}", pid), "", "what was being done in it ended without an answer", "try again");
  return *std::move(errand->answer);
}

} // namespace hotgate::harness::agent
