#include "tests/harness/client/odd_server.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

// A socket with an address on the loopback device.
FileDescriptor boundSocket(int type, uint16_t port) {
  FileDescriptor made(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(made.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address), 0) << "port " << port;
  return made;
}

} // namespace

void enterOwnNetwork() {
  static bool entered = false;
  if (std::exchange(entered, true))
    return;
  ASSERT_EQ(unshare(CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER)), 0) << "needs network namespaces";
  const FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::string("lo").copy(loopback.ifr_name, IFNAMSIZ - 1);
  loopback.ifr_flags = IFF_UP;
  ASSERT_EQ(ioctl(any.get(), SIOCSIFFLAGS, &loopback), 0);
}

OddServer::OddServer(Script script, uint16_t port)
    : script_(std::move(script)), listener_(boundSocket(SOCK_STREAM, port)) {
  signal(SIGPIPE, SIG_IGN); // as in a worker: libraries on both sides write to connections that are closed
  listen(listener_.get(), 64);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &length);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] {
    for (;;) {
      FileDescriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection.isOpen())
        return;
      const std::scoped_lock lock(mutex_);
      connections_.push_front(std::move(connection));
      served_.emplace_back([this, mine = connections_.begin()] { serve(mine); });
    }
  });
}

void OddServer::serve(std::list<FileDescriptor>::iterator connection) {
  script_(connection->get());
  const std::scoped_lock lock(mutex_);
  connections_.erase(connection);
}

OddServer::~OddServer() {
  shutdown(listener_.get(), SHUT_RDWR); // accept() returns
  accepting_.join();
  {
    const std::scoped_lock lock(mutex_);
    for (const FileDescriptor &connection : connections_)
      shutdown(connection.get(), SHUT_RDWR);
  }
  for (std::thread &served : served_)
    served.join();
}

OddDatagramServer::OddDatagramServer(Answers answers, uint16_t port) : socket_(boundSocket(SOCK_DGRAM, port)) {
  const timeval tick{0, 20'000};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
  thread_ = std::thread([this, answers = std::move(answers)] {
    std::array<char, 65536> buffer{};
    while (!ended_) {
      sockaddr_in from{};
      socklen_t length = sizeof from;
      auto *const address = reinterpret_cast<sockaddr *>(&from);
      const ssize_t count = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, address, &length);
      if (count < 0)
        continue;
      for (const std::string &answer : answers(std::string(buffer.data(), static_cast<size_t>(count))))
        sendto(socket_.get(), answer.data(), answer.size(), 0, address, length);
    }
  });
}

OddDatagramServer::~OddDatagramServer() {
  ended_ = true;
  thread_.join();
}

bool sendAll(int connection, const std::string &bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    sent += static_cast<size_t>(count);
  }
  return true;
}

std::string receiveSome(int connection) {
  std::array<char, 4096> buffer{};
  const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
  return {buffer.data(), count > 0 ? static_cast<size_t>(count) : 0};
}

void saysNothing(int connection) {
  while (!receiveSome(connection).empty()) {
  }
}

void closesAtOnce(int /*connection*/) {}

OddServer::Script says(std::string bytes) {
  return [bytes = std::move(bytes)](int connection) {
    receiveSome(connection);
    sendAll(connection, bytes);
    saysNothing(connection);
  };
}

OddServer::Script saysAndCloses(std::string bytes) {
  return [bytes = std::move(bytes)](int connection) {
    receiveSome(connection);
    sendAll(connection, bytes);
  };
}

OddServer::Script floodsWith(const std::string &bytes, std::string head) {
  // A packet at a time: what a flood costs is the client's to bear, not the server's.
  std::string packet = bytes;
  while (packet.size() < 4096)
    packet += bytes;
  return [packet = std::move(packet), head = std::move(head)](int connection) {
    receiveSome(connection);
    for (bool goesOn = sendAll(connection, head); goesOn;)
      goesOn = sendAll(connection, packet);
  };
}

OddServer::Script drips(std::string bytes, std::string head) {
  return [bytes = std::move(bytes), head = std::move(head)](int connection) {
    receiveSome(connection);
    bool goesOn = sendAll(connection, head);
    for (size_t at = 0; goesOn; ++at) {
      goesOn = sendAll(connection, bytes.substr(at % bytes.size(), 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  };
}

} // namespace hotgate::harness
