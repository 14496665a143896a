#include "harness/roles/tap_link.h"

#include "harness/roles/link_wait.h"
#include "support/descriptor_passing.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

constexpr size_t frameLimit = 65536; // the device's own is its MTU of 1500 and the header
constexpr std::chrono::seconds sendDeadline{5};

constexpr const char *link = "tap device";

// True when the device is ready, false when the deadline passed first.
Result<bool> isReady(int device, short event, Deadline deadline) {
  HOTGATE_TRY(const short ready, awaitReady(device, event, deadline, link));
  if ((ready & (POLLERR | POLLNVAL)) != 0)
    return linkFailure(link, "it is gone");
  return ready != 0;
}

} // namespace

Result<> TapLink::send(std::span<const uint8_t> frame) {
  const Deadline deadline = after(sendDeadline);
  for (;;) {
    const ssize_t count = write(device_.get(), frame.data(), frame.size());
    if (count == static_cast<ssize_t>(frame.size()))
      return {};
    if (count >= 0 || (errno != EAGAIN && errno != EINTR))
      return linkFailure(link,
                         fmt::format("sending failed: {}", count >= 0 ? "a frame was cut" : std::strerror(errno)));
    HOTGATE_TRY(const bool ready, isReady(device_.get(), POLLOUT, deadline));
    if (!ready)
      return linkFailure(link, "it takes no frames");
  }
}

Result<std::optional<Frame>> TapLink::receive(Deadline deadline) {
  for (;;) {
    std::array<uint8_t, frameLimit> buffer; // NOLINT: filled by read
    const ssize_t got = read(device_.get(), buffer.data(), buffer.size());
    if (got > 0)
      return Frame(buffer.begin(), buffer.begin() + got);
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
      return linkFailure(link, fmt::format("receiving failed: {}", got == 0 ? "it is closed" : std::strerror(errno)));
    HOTGATE_TRY(const bool ready, isReady(device_.get(), POLLIN, deadline));
    if (!ready)
      return std::nullopt;
  }
}

Result<FileDescriptor> receiveTap(int socket, Deadline deadline) {
  constexpr const char *next =
      "install util-linux and iproute2 (and wine64, where wine runs the service); run as root, or "
      "allow user namespaces and /dev/net/tun";
  HOTGATE_TRY(const short ready, awaitReady(socket, POLLIN, deadline, link));
  if (ready == 0)
    return failFault(link, "", "no network device within the deadline", next);
  FileDescriptor device(receiveDescriptor(socket));
  if (!device.isOpen())
    return failFault(link, "", "its namespace ended before the network stood", next);
  return device;
}

} // namespace hotgate::harness
