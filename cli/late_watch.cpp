#include "cli/late_watch.h"

#include <array>
#include <poll.h>
#include <sys/socket.h>

namespace hotgate::cli {

namespace {

constexpr int pollMilliseconds = 100;
constexpr size_t lineLimit = 512; // the harness writes less

// "" when nobody will say anything any more.
std::string awaitLine(int descriptor, const std::stop_token &stop) {
  std::string line;
  while (!stop.stop_requested() && line.size() < lineLimit) {
    pollfd entry{descriptor, POLLIN, 0};
    if (poll(&entry, 1, pollMilliseconds) <= 0)
      continue;
    std::array<char, lineLimit> buffer; // NOLINT: filled by recv
    const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
    if (got <= 0)
      return {};
    line.append(buffer.data(), static_cast<size_t>(got));
    if (const size_t end = line.find('\n'); end != std::string::npos)
      return line.substr(0, end);
  }
  return {};
}

} // namespace

LateWatch::LateWatch(int descriptor, OnLate onLate)
    : thread_([descriptor, onLate = std::move(onLate)](const std::stop_token &stop) {
        if (const std::string reason = awaitLine(descriptor, stop); !reason.empty())
          onLate(reason);
      }) {}

} // namespace hotgate::cli
