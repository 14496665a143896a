#include "harness/roles/tap_link.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

constexpr size_t frameLimit = 65536; // the device's own is its MTU of 1500 and the header
constexpr std::chrono::seconds sendDeadline{5};

Failure linkFailure(const std::string &reason) {
  return failFault("tap device", "", reason, "the run counts as a lab fault; run it again");
}

// True when the device is ready, false when the deadline passed first.
Result<bool> awaitReady(int device, short event, Deadline deadline) {
  pollfd entry{device, event, 0};
  for (;;) {
    const int ready = poll(&entry, 1, millisecondsUntil(deadline));
    if (ready > 0 && (entry.revents & (POLLERR | POLLNVAL)) != 0)
      return linkFailure("it is gone");
    if (ready >= 0)
      return ready > 0;
    if (errno != EINTR)
      return linkFailure(std::strerror(errno));
  }
}

} // namespace

Result<> TapLink::send(std::span<const uint8_t> frame) {
  const Deadline deadline = after(sendDeadline);
  for (;;) {
    const ssize_t count = write(device_.get(), frame.data(), frame.size());
    if (count == static_cast<ssize_t>(frame.size()))
      return {};
    if (count >= 0 || (errno != EAGAIN && errno != EINTR))
      return linkFailure(fmt::format("sending failed: {}", count >= 0 ? "a frame was cut" : std::strerror(errno)));
    HOTGATE_TRY(const bool ready, awaitReady(device_.get(), POLLOUT, deadline));
    if (!ready)
      return linkFailure("it takes no frames");
  }
}

Result<std::optional<Frame>> TapLink::receive(Deadline deadline) {
  for (;;) {
    std::array<uint8_t, frameLimit> buffer; // NOLINT: filled by read
    const ssize_t got = read(device_.get(), buffer.data(), buffer.size());
    if (got > 0)
      return Frame(buffer.begin(), buffer.begin() + got);
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
      return linkFailure(fmt::format("receiving failed: {}", got == 0 ? "it is closed" : std::strerror(errno)));
    HOTGATE_TRY(const bool ready, awaitReady(device_.get(), POLLIN, deadline));
    if (!ready)
      return std::nullopt;
  }
}

} // namespace hotgate::harness
