// hotgate-client's first process: hands requests of the harness to workers and their answers back. It parses nothing
// that a server sent.
#pragma once

#include "harness/client/client_protocol.h"
#include "harness/vm/file_descriptor.h"

namespace hotgate::harness {

// Until the harness closes the socket. Errors: the harness broke the protocol, or asked for a client that there is not.
Result<> superviseClients(FileDescriptor socket);

} // namespace hotgate::harness
