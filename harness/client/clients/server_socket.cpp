#include "harness/client/clients/server_socket.h"

#include "harness/client/clients/client_error.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace hotgate::harness {

Result<> ServerSocket::await(short event, Deadline deadline) const {
  pollfd entry{socket_.get(), event, 0};
  int ready = 0;
  do
    ready = poll(&entry, 1, millisecondsUntil(deadline));
  while (ready < 0 && errno == EINTR);
  if (ready < 0)
    return noAnswer(name_, std::strerror(errno));
  if (ready == 0)
    return noAnswer(name_, "no answer within the deadline");
  return {};
}

Result<ServerSocket> ServerSocket::connect(const std::string &server, uint16_t port, Transport transport,
                                           Deadline deadline) {
  const bool isTcp = transport == Transport::tcp;
  const std::string name = fmt::format("{} {} port {}", server, isTcp ? "TCP" : "UDP", port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, server.c_str(), &address.sin_addr) != 1)
    return failInput(name, "", "is not an IPv4 address", "say the guest's address in the role's file");
  ServerSocket made(
      FileDescriptor(socket(AF_INET, (isTcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), name);
  if (!made.socket_.isOpen())
    return noAnswer(name, std::strerror(errno));
  if (::connect(made.descriptor(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
    return made;
  if (errno != EINPROGRESS)
    return noAnswer(name, std::strerror(errno));
  HOTGATE_CHECK(made.await(POLLOUT, deadline));
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(made.descriptor(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0)
    return noAnswer(name, std::strerror(error));
  return made;
}

Result<> ServerSocket::send(std::span<const uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0)
      bytes = bytes.subspan(static_cast<size_t>(count));
    else if (errno == EAGAIN)
      HOTGATE_CHECK(await(POLLOUT, deadline));
    else if (errno != EINTR)
      return noAnswer(name_, std::strerror(errno));
  }
  return {};
}

Result<std::vector<uint8_t>> ServerSocket::receive(size_t size, Deadline deadline) {
  std::vector<uint8_t> bytes(size);
  for (size_t have = 0; have < size;) {
    HOTGATE_CHECK(await(POLLIN, deadline));
    const ssize_t count = recv(socket_.get(), bytes.data() + have, size - have, 0);
    if (count == 0)
      return noAnswer(name_, fmt::format("closed the connection after {} of {} bytes", have, size));
    if (count > 0)
      have += static_cast<size_t>(count);
    else if (errno != EAGAIN && errno != EINTR)
      return noAnswer(name_, std::strerror(errno));
  }
  return bytes;
}

Result<std::vector<uint8_t>> ServerSocket::receiveDatagram(size_t limit, Deadline deadline) {
  std::vector<uint8_t> bytes(limit);
  for (;;) {
    HOTGATE_CHECK(await(POLLIN, deadline));
    const ssize_t count = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count >= 0) {
      bytes.resize(static_cast<size_t>(count));
      return bytes;
    }
    if (errno != EAGAIN && errno != EINTR)
      return noAnswer(name_, std::strerror(errno));
  }
}

} // namespace hotgate::harness
