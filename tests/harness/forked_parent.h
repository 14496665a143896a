// A process of its own that starts another one and is then ended by force: what must end with it?
#pragma once

#include <chrono>
#include <functional>
#include <sys/types.h>

namespace hotgate::harness {

class ForkedParent {
public:
  // `start` runs in the new process and reports the PID of what it started, or -1; reporting does not return, so that
  // what it started lives until the process is ended.
  explicit ForkedParent(const std::function<void(const std::function<void(pid_t)> &report)> &start);
  ForkedParent(const ForkedParent &) = delete;
  ForkedParent &operator=(const ForkedParent &) = delete;
  ~ForkedParent(); // ends it, if nothing has

  // -1 when it started nothing.
  [[nodiscard]] pid_t child() const { return child_; }
  // False when the process could not be ended.
  bool end(int signal);

private:
  pid_t pid_ = -1;
  pid_t child_ = -1;
};

bool endsWithin(pid_t pid, std::chrono::seconds span);

} // namespace hotgate::harness
