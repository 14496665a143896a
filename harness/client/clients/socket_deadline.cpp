#include "harness/client/clients/socket_deadline.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace hotgate::harness {

SocketDeadline::SocketDeadline(int socket, Deadline deadline)
    : socket_(fcntl(socket, F_DUPFD_CLOEXEC, 0)), watcher_([this, deadline] { watch(deadline); }) {}

SocketDeadline::~SocketDeadline() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  watcher_.join();
}

void SocketDeadline::watch(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, deadline, [this] { return ended_; }))
    shutdown(socket_.get(), SHUT_RDWR);
}

} // namespace hotgate::harness
