#include "support/log.h"

#include <cstdio>
#include <mutex>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <string>
#include <unistd.h>

namespace hotgate::log {

namespace {

struct State {
  std::mutex mutex;
  Level level = Level::normal;
  bool lineOpen = false;
  std::string step; // last progress text, up to its last comma
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("hotgate");
    made->set_pattern("hotgate: %^%l%$: %v");
    return made;
  }();
};

State &state() {
  static State instance;
  return instance;
}

void closeLine(State &s) {
  if (s.lineOpen)
    std::fputc('\n', stderr);
  s.lineOpen = false;
}

void write(spdlog::level::level_enum level, std::string_view text) {
  State &s = state();
  const std::lock_guard lock(s.mutex);
  if (!s.logger->should_log(level))
    return;
  closeLine(s);
  s.logger->log(level, text);
}

} // namespace

void configure(Level level) {
  State &s = state();
  const std::lock_guard lock(s.mutex);
  s.level = level;
  s.logger->set_level(level == Level::quiet     ? spdlog::level::warn
                      : level == Level::verbose ? spdlog::level::debug
                                                : spdlog::level::info);
}

void progress(std::string_view text) {
  State &s = state();
  const std::lock_guard lock(s.mutex);
  if (s.level == Level::quiet)
    return;
  if (s.terminal) {
    std::fprintf(stderr, "\r\x1b[K%.*s", static_cast<int>(text.size()), text.data());
    std::fflush(stderr);
    s.lineOpen = true;
  } else if (const std::string_view step = text.substr(0, text.rfind(',')); step != s.step) {
    s.step = step;
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
}

void endProgress() {
  State &s = state();
  const std::lock_guard lock(s.mutex);
  closeLine(s);
}

void info(std::string_view text) { write(spdlog::level::info, text); }
void warning(std::string_view text) { write(spdlog::level::warn, text); }
void debug(std::string_view text) { write(spdlog::level::debug, text); }

} // namespace hotgate::log
