// Servers on the loopback address that do to each connection, or to each datagram, what a test says.
#pragma once

#include "harness/vm/file_descriptor.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hotgate::harness {

// A process's network of its own, with nothing in it but the loopback device: the protocols' ports are free there, and
// whoever runs the tests need not be root. The process must have one thread; the second call does nothing.
void enterOwnNetwork();

// By TCP. Clients that come at the same time are served at the same time.
class OddServer {
public:
  using Script = std::function<void(int connection)>;
  // `script` gets each connection; it ends when the client is gone or the server ends. Port 0: any that is free.
  explicit OddServer(Script script, uint16_t port = 0);
  ~OddServer();
  [[nodiscard]] uint16_t port() const { return port_; }

private:
  void serve(std::list<FileDescriptor>::iterator connection);

  Script script_;
  FileDescriptor listener_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::list<FileDescriptor> connections_; // under mutex_
  std::vector<std::thread> served_;       // the accepting thread's own
  std::thread accepting_;
};

// By UDP.
class OddDatagramServer {
public:
  // What is sent back for one datagram.
  using Answers = std::function<std::vector<std::string>(const std::string &request)>;
  OddDatagramServer(Answers answers, uint16_t port);
  ~OddDatagramServer();

private:
  FileDescriptor socket_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

// False when the client is gone.
bool sendAll(int connection, const std::string &bytes);
// One read; "" when the client is gone.
std::string receiveSome(int connection);

// Reads and says nothing, until the client is gone.
void saysNothing(int connection);
void closesAtOnce(int connection);
// These read one request first, as a server does.
OddServer::Script says(std::string bytes); // then waits for the client to go
OddServer::Script saysAndCloses(std::string bytes);
// The same bytes again and again, behind others.
OddServer::Script floodsWith(const std::string &bytes, std::string head = "");
// A byte at a time, 50 in a second.
OddServer::Script drips(std::string bytes, std::string head = "");

} // namespace hotgate::harness
