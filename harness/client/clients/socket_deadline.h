// Ends a connection at its deadline, for libraries that wait on a socket without one (libldap in the middle of a TLS
// handshake): at the deadline the socket is shut down, and the library sees the end of the stream.
#pragma once

#include "harness/vm/deadline.h"
#include "harness/vm/file_descriptor.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace hotgate::harness {

class SocketDeadline {
public:
  // Keeps a descriptor of its own: the library's may be closed, and its number be another file's, at any time.
  SocketDeadline(int socket, Deadline deadline);
  ~SocketDeadline();
  SocketDeadline(const SocketDeadline &) = delete;
  SocketDeadline &operator=(const SocketDeadline &) = delete;

private:
  void watch(Deadline deadline);

  FileDescriptor socket_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread watcher_;
};

} // namespace hotgate::harness
