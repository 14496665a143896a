// Waits, in a thread of its own, for the scheduler's word that a job's time is over.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace hotgate::cli {

class LateWatch {
public:
  using OnLate = std::function<void(const std::string &reason)>;
  // `descriptor`: a socket; `onLate` gets the first line that comes on it, in the watch's thread. Nothing is called
  // when the other end closes: then the harness is gone, and the kernel ends this process.
  LateWatch(int descriptor, OnLate onLate);
  LateWatch(const LateWatch &) = delete;
  LateWatch &operator=(const LateWatch &) = delete;
  ~LateWatch() = default; // waits for `onLate` when it was called

private:
  std::jthread thread_;
};

} // namespace hotgate::cli
