#include "harness/roles/link.h"

#include "harness/roles/link_wait.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

// QEMU's own limit for a packet (NET_BUFSIZE); a longer one means that the stream is out of step.
constexpr size_t frameLimit = 4096 + 65536;
constexpr size_t prefixSize = 4;
constexpr std::chrono::seconds sendDeadline{5};

constexpr const char *link = "guest link";

} // namespace

Result<> StreamLink::send(std::span<const uint8_t> frame) {
  const auto size = static_cast<uint32_t>(frame.size());
  Frame packet{static_cast<uint8_t>(size >> 24U), static_cast<uint8_t>(size >> 16U), static_cast<uint8_t>(size >> 8U),
               static_cast<uint8_t>(size)};
  packet.insert(packet.end(), frame.begin(), frame.end());
  const Deadline deadline = after(sendDeadline);
  for (size_t sent = 0; sent < packet.size();) {
    const ssize_t count = ::send(socket_.get(), packet.data() + sent, packet.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      HOTGATE_TRY(const short ready, awaitReady(socket_.get(), POLLOUT, deadline, link));
      if (ready == 0)
        return linkFailure(link, "the guest takes no frames");
    } else if (errno != EINTR) {
      return linkFailure(link, fmt::format("sending failed: {}", std::strerror(errno)));
    }
  }
  return {};
}

Result<std::optional<Frame>> StreamLink::receive(Deadline deadline) {
  for (;;) {
    const std::span<const uint8_t> pending = std::span(received_).subspan(consumed_);
    if (pending.size() >= prefixSize) {
      const size_t size = size_t{pending[0]} << 24U | size_t{pending[1]} << 16U | size_t{pending[2]} << 8U | pending[3];
      if (size > frameLimit)
        return linkFailure(link, fmt::format("a frame declares {} bytes", size));
      if (pending.size() - prefixSize >= size) {
        const auto content = pending.subspan(prefixSize, size);
        consumed_ += prefixSize + size;
        return Frame(content.begin(), content.end());
      }
    }
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
    HOTGATE_TRY(const short ready, awaitReady(socket_.get(), POLLIN, deadline, link));
    if (ready == 0)
      return std::nullopt;
    std::array<uint8_t, 65536> buffer; // NOLINT: filled by recv
    const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0)
      received_.insert(received_.end(), buffer.begin(), buffer.begin() + got);
    else if (got == 0)
      return linkFailure(link, "QEMU closed it");
    else if (errno != EINTR && errno != EAGAIN)
      return linkFailure(link, fmt::format("receiving failed: {}", std::strerror(errno)));
  }
}

} // namespace hotgate::harness
