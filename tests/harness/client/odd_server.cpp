#include "tests/harness/client/odd_server.h"

#include <array>
#include <netinet/in.h>
#include <sys/socket.h>

namespace hotgate::harness {

OddServer::OddServer(std::function<void(int)> script) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener_.get(), reinterpret_cast<const sockaddr *>(&address), length) != 0)
    return; // the tests find no server
  listen(listener_.get(), 8);
  getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, script = std::move(script)] {
    for (;;) {
      const FileDescriptor connection(accept(listener_.get(), nullptr, nullptr));
      if (!connection.isOpen())
        return;
      script(connection.get());
    }
  });
}

OddServer::~OddServer() {
  shutdown(listener_.get(), SHUT_RDWR); // accept() returns
  if (thread_.joinable())
    thread_.join();
}

void saysNothing(int connection) {
  std::array<char, 4096> buffer{};
  while (recv(connection, buffer.data(), buffer.size(), 0) > 0) {
  }
}

std::function<void(int)> floodsWith(std::string bytes) {
  return [bytes = std::move(bytes)](int connection) {
    while (send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
  };
}

} // namespace hotgate::harness
