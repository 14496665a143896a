// Limits: UNIX stream sockets only.
#include "harness/vm/file_descriptor.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hotgate::harness {

void FileDescriptor::close() {
  if (descriptor_ >= 0)
    ::close(std::exchange(descriptor_, -1));
}

Result<SocketPair> makeSocketPair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return failFault("guest channel", "", fmt::format("no socket pair: {}", std::strerror(errno)),
                     "raise the limit of open files (ulimit -n)");
  SocketPair pair{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  fcntl(pair.ours.get(), F_SETFL, fcntl(pair.ours.get(), F_GETFL) | O_NONBLOCK);
  return pair;
}

} // namespace hotgate::harness
