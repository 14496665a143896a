#include "support/descriptor_passing.h"

#include <cstring>
#include <sys/socket.h>

namespace hotgate {
namespace {

// One byte and room for one descriptor, as the system wants to have them.
struct Message {
  explicit Message(char data) : byte(data) {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  Message(const Message &) = delete;
  Message &operator=(const Message &) = delete;

  char byte;
  iovec content{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {}; // NOLINT(*-avoid-c-arrays): the system's form
  msghdr header{};
};

} // namespace

bool sendDescriptor(int socket, char byte, int descriptor) {
  Message message(byte);
  cmsghdr *header = CMSG_FIRSTHDR(&message.header);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return sendmsg(socket, &message.header, MSG_NOSIGNAL) == 1;
}

int receiveDescriptor(int socket) {
  Message message(0);
  if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != 1)
    return -1;
  const cmsghdr *header = CMSG_FIRSTHDR(&message.header);
  int descriptor = -1;
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof descriptor))
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

} // namespace hotgate
