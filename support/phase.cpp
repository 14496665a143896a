#include "support/phase.h"

#include "support/log.h"

#include <fmt/format.h>
#include <sys/resource.h>

namespace hotgate::log {

namespace {

using Clock = std::chrono::steady_clock;

double seconds(const timeval &time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double processorSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

Clock::time_point firstBegin() {
  static const Clock::time_point first = Clock::now();
  return first;
}

} // namespace

Phase::Phase(std::string_view name) : name_(name) { begin(); }

void Phase::next(std::string_view name) {
  end();
  name_ = name;
  begin();
}

void Phase::begin() {
  firstBegin();
  begin_ = Clock::now();
  processor_ = processorSeconds();
}

void Phase::end() const {
  const Clock::time_point now = Clock::now();
  const double wall = milliseconds(now - begin_);
  const double busy = (processorSeconds() - processor_) * 1000;
  debug(fmt::format("at {:7.1f} ms: {:7.1f} ms, {:.1f} processors: {}", milliseconds(begin_ - firstBegin()), wall,
                    wall > 0 ? busy / wall : 0, name_));
}

} // namespace hotgate::log
