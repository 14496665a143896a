// A file descriptor handed to another process over a Unix socket, with one byte of data.
#pragma once

namespace hotgate {

// False: errno says why, EAGAIN among it.
bool sendDescriptor(int socket, char byte, int descriptor);

// Closed on exec; the byte is not looked at. -1: the peer ended, or sent none.
int receiveDescriptor(int socket);

} // namespace hotgate
