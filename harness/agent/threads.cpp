#include "harness/agent/threads.h"

#include <algorithm>

namespace hotgate::harness::agent {
namespace {

constexpr DWORD access = THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION | SYNCHRONIZE;

// GetThreadContext also waits until the suspension has really taken hold.
std::optional<uint64_t> ripOfSuspended(HANDLE thread) {
  CONTEXT context{};
  context.ContextFlags = CONTEXT_CONTROL;
  if (!GetThreadContext(thread, &context))
    return std::nullopt;
  return context.Rip;
}

bool hasEnded(HANDLE thread) { return WaitForSingleObject(thread, 0) == WAIT_OBJECT_0; }

auto refuseUnreadable(const Process &process, uint32_t tid) {
  return refuse(process.entity(), fmt::format("thread {}", tid), "where it stands cannot be read",
                "try again; without that, bytes under it might change");
}

} // namespace

Outcome<std::vector<ThreadPlace>> threadPlaces(const Process &process) {
  AGENT_TRY(const auto ids, process.threadIds());
  std::vector<ThreadPlace> places;
  for (const uint32_t tid : ids) {
    const UniqueHandle thread(OpenThread(access, FALSE, tid));
    if (!thread || SuspendThread(thread.get()) == static_cast<DWORD>(-1))
      continue; // it has ended
    const auto rip = ripOfSuspended(thread.get());
    const bool ended = hasEnded(thread.get());
    ResumeThread(thread.get());
    if (!rip && !ended)
      return refuseUnreadable(process, tid);
    if (rip)
      places.push_back({tid, *rip});
  }
  return places;
}

Outcome<StoppedThreads> StoppedThreads::stop(const Process &process) {
  StoppedThreads stopped;
  // A thread that still runs can start another one: repeat until a look finds nobody new.
  for (bool foundNew = true; foundNew;) {
    foundNew = false;
    AGENT_TRY(const auto ids, process.threadIds());
    for (const uint32_t tid : ids) {
      const auto known = [&](const Stopped &thread) { return thread.tid == tid; };
      if (std::any_of(stopped.threads_.begin(), stopped.threads_.end(), known))
        continue;
      UniqueHandle thread(OpenThread(access, FALSE, tid));
      if (!thread || SuspendThread(thread.get()) == static_cast<DWORD>(-1))
        continue; // it has ended
      const auto rip = ripOfSuspended(thread.get());
      const bool ended = hasEnded(thread.get());
      stopped.threads_.push_back({tid, std::move(thread), rip.value_or(0)});
      if (!rip && !ended)
        return refuseUnreadable(process, tid);
      foundNew = true;
    }
  }
  return stopped;
}

StoppedThreads::~StoppedThreads() {
  for (const Stopped &thread : threads_)
    ResumeThread(thread.handle.get());
}

std::optional<ThreadPlace> StoppedThreads::firstInside(std::span<const AddressRange> ranges) const {
  for (const Stopped &thread : threads_)
    for (const AddressRange &range : ranges)
      if (range.contains(thread.rip))
        return ThreadPlace{thread.tid, thread.rip};
  return std::nullopt;
}

} // namespace hotgate::harness::agent
