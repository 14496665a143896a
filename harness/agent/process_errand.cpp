#include "harness/agent/process_errand.h"

#include "harness/agent/windows_support.h"

#include <exception>
#include <optional>
#include <thread>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

// Owned by both threads, since either may be the last to look at it. Not std::future: clang's thread-local storage is
// not the one that MinGW's libstdc++ was built with, and std::call_once needs it.
struct Errand {
  std::function<Outcome<json>()> work;
  UniqueHandle done;
  std::optional<Outcome<json>> answer;
  std::exception_ptr thrown; // memory runs out; the caller's border knows what to make of it

  void run() {
    try {
      answer = work();
    } catch (...) {
      thrown = std::current_exception();
    }
    SetEvent(done.get());
  }
};

// True when `done` is set, at the latest `graceMs` after `process` ended.
bool isSetInTime(HANDLE done, HANDLE process, uint32_t graceMs) {
  const HANDLE either[] = {done, process};
  if (WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0)
    return true;
  return WaitForSingleObject(done, graceMs) == WAIT_OBJECT_0;
}

} // namespace

Outcome<json> runErrand(uint32_t pid, std::function<Outcome<json>()> work, uint32_t graceMs) {
  const UniqueHandle process(OpenProcess(SYNCHRONIZE, FALSE, pid));
  if (!process)
    return work(); // which says why it cannot be opened
  const auto errand =
      std::make_shared<Errand>(std::move(work), UniqueHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr)));
  if (!errand->done)
    return refuseLastError(fmt::format("process {}", pid), "CreateEvent");
  std::thread([errand] { errand->run(); }).detach();
  if (!isSetInTime(errand->done.get(), process.get(), graceMs))
    return refuse(fmt::format("process {}", pid), "",
                  fmt::format("it ended, and what was being done in it did not come back within {} ms", graceMs),
                  "find out why the process ended, and start it again");
  if (errand->thrown)
    std::rethrow_exception(errand->thrown);
  return *std::move(errand->answer);
}

} // namespace hotgate::harness::agent
