// hotgate-tap SOCKET: makes the network device tap0 in the namespace that it runs in, and hands its descriptor to the
// owner of that namespace over the Unix socket that it inherited as SOCKET. Whoever holds the descriptor is the other
// end of the wire: frames are read from it and written to it.
//
// A program of its own, because a device is made in the namespace of whoever opens it, and the harness stays outside.
// Exit code 1 and a line on stderr when something is refused.
#include "support/descriptor_passing.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace {

int refused(const char *what) {
  std::fprintf(stderr, "hotgate-tap: %s: %s\n", what, std::strerror(errno));
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  char *end = nullptr;
  const long socket = argc == 2 ? std::strtol(argv[1], &end, 10) : -1;
  if (end == nullptr || *end != '\0' || socket < 0 || socket > 1'000'000) {
    std::fputs("usage: hotgate-tap SOCKET\n", stderr);
    return 1;
  }
  const int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0)
    return refused("/dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, "tap0", IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(device, TUNSETIFF, &request) != 0)
    return refused("TUNSETIFF");
  return hotgate::sendDescriptor(static_cast<int>(socket), 0, device) ? 0 : refused("handing the device over");
}
