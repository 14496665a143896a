// Limits: Linux 4.20 or later (PACKET_IGNORE_OUTGOING).
#include "harness/roles/packet_link.h"

#include "harness/roles/link_wait.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

constexpr const char *link = "packet socket";
constexpr size_t frameLimit = 65536;
constexpr std::chrono::seconds sendDeadline{5};

Result<> checkIsUp(int socket, const std::string &interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0)
    return failInput(interface, "", fmt::format("cannot be asked: {}", std::strerror(errno)), "name another device");
  if ((static_cast<unsigned short>(request.ifr_flags) & IFF_UP) == 0U)
    return failInput(interface, "", "the network device is down", fmt::format("ip link set {} up", interface));
  return {};
}

} // namespace

Result<PacketLink> PacketLink::open(const std::string &interface) {
  const unsigned index = interface.size() < IFNAMSIZ ? if_nametoindex(interface.c_str()) : 0;
  if (index == 0)
    return failInput(interface, "", "no such network device on this host", "name one that `ip link` shows");
  FileDescriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.isOpen())
    return failInput(interface, "AF_PACKET", std::strerror(errno),
                     "run as root, or give the program CAP_NET_RAW (setcap cap_net_raw+ep)");
  HOTGATE_CHECK(checkIsUp(socket.get(), interface));
  const int yes = 1;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  // Only then bound: a socket without a protocol receives nothing before.
  if (setsockopt(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) != 0 ||
      bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    return failInput(interface, "AF_PACKET", std::strerror(errno), "name an Ethernet device");
  return PacketLink(std::move(socket));
}

Result<> PacketLink::send(std::span<const uint8_t> frame) {
  const Deadline deadline = after(sendDeadline);
  for (;;) {
    const ssize_t sent = ::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(frame.size()))
      return {};
    if (sent >= 0 || (errno != EAGAIN && errno != EINTR && errno != ENOBUFS))
      return linkFailure(link, fmt::format("sending failed: {}", sent >= 0 ? "a frame was cut" : std::strerror(errno)));
    HOTGATE_TRY(const short ready, awaitReady(socket_.get(), POLLOUT, deadline, link));
    if (ready == 0)
      return linkFailure(link, "it takes no frames");
  }
}

Result<std::optional<Frame>> PacketLink::receive(Deadline deadline) {
  for (;;) {
    std::array<uint8_t, frameLimit> buffer; // NOLINT: filled by recv
    const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0)
      return Frame(buffer.begin(), buffer.begin() + got);
    if (got < 0 && errno != EAGAIN && errno != EINTR)
      return linkFailure(link, fmt::format("receiving failed: {}", std::strerror(errno)));
    HOTGATE_TRY(const short ready, awaitReady(socket_.get(), POLLIN, deadline, link));
    if (ready == 0)
      return std::nullopt;
  }
}

} // namespace hotgate::harness
