// A socket to the role's server whose every wait has a deadline, for the protocols that have no client library of
// their own or one that leaves the transport to us (Kerberos, RADIUS, X.224).
#pragma once

#include "harness/vm/deadline.h"
#include "harness/vm/file_descriptor.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hotgate::harness {

class ServerSocket {
public:
  enum class Transport : uint8_t { tcp, udp };

  // `server` is an IPv4 address. An Error of client_error.h when there is no connection.
  static Result<ServerSocket> connect(const std::string &server, uint16_t port, Transport transport, Deadline deadline);

  // The whole of `bytes`; one datagram with UDP.
  Result<> send(std::span<const uint8_t> bytes, Deadline deadline);
  // Exactly so many bytes of a TCP stream.
  Result<std::vector<uint8_t>> receive(size_t size, Deadline deadline);
  // One datagram, cut at `limit`.
  Result<std::vector<uint8_t>> receiveDatagram(size_t limit, Deadline deadline);

  [[nodiscard]] int descriptor() const { return socket_.get(); }

private:
  ServerSocket(FileDescriptor socket, std::string name) : socket_(std::move(socket)), name_(std::move(name)) {}
  // Waits until the socket can be written (POLLOUT) or read (POLLIN).
  Result<> await(short event, Deadline deadline) const;

  FileDescriptor socket_;
  std::string name_; // "10.77.0.1 TCP port 88"
};

} // namespace hotgate::harness
