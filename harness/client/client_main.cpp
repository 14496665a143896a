// hotgate-client SOCKET: runs a role's clients (client_table.cpp) for the harness, which speaks client_protocol.h over
// the inherited socket. The harness starts it in namespaces of its own, whose only wire leads to the guest.
#include "harness/client/supervisor.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>

int main(int argc, char **argv) {
  char *end = nullptr;
  const long socket = argc == 2 ? std::strtol(argv[1], &end, 10) : -1;
  if (end == nullptr || *end != '\0' || socket < 0 || socket > 1'000'000) {
    std::fputs("usage: hotgate-client SOCKET\n", stderr);
    return 1;
  }
  fcntl(static_cast<int>(socket), F_SETFL, O_NONBLOCK);
  fcntl(static_cast<int>(socket), F_SETFD, FD_CLOEXEC);
  const auto ended = hotgate::harness::superviseClients(hotgate::harness::FileDescriptor(static_cast<int>(socket)));
  std::fprintf(stderr, "hotgate-client: %s\n", ended.error().message().c_str());
  return 1;
}
