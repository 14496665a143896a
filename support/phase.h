// A step of a command, timed: what --verbose says of where the time goes.
//
// One debug line when the step ends: when it began (since the first one), how long it took, and how many processors the
// process kept busy meanwhile. Steps that run side by side count each other's processors too.
#pragma once

#include <chrono>
#include <string_view>

namespace hotgate::log {

class Phase {
public:
  // `name` must outlive it.
  explicit Phase(std::string_view name);
  Phase(const Phase &) = delete;
  Phase &operator=(const Phase &) = delete;
  ~Phase() { end(); }

  // Before it goes out of scope; the next one begins.
  void next(std::string_view name);

private:
  void begin();
  void end() const;

  std::string_view name_;
  std::chrono::steady_clock::time_point begin_;
  double processor_ = 0;
};

} // namespace hotgate::log
