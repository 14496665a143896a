// A TCP server on the loopback address that does to each connection what a test says.
#pragma once

#include "harness/vm/file_descriptor.h"

#include <functional>
#include <string>
#include <thread>

namespace hotgate::harness {

class OddServer {
public:
  // `script` gets each connection in turn; it ends when the client is gone or the server ends.
  explicit OddServer(std::function<void(int connection)> script);
  ~OddServer();
  [[nodiscard]] uint16_t port() const { return port_; }

private:
  FileDescriptor listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

// Reads and says nothing, until the client is gone.
void saysNothing(int connection);
// The same bytes again and again.
std::function<void(int)> floodsWith(std::string bytes);

} // namespace hotgate::harness
