// The first two messages of a Remote Desktop connection: the client's X.224 Connection Request with the security
// protocols that it offers (MS-RDPBCGR 2.2.1.1), and the server's Connection Confirm, which chooses one or refuses
// (2.2.1.2).
#pragma once

#include "harness/client/clients/server_socket.h"

namespace hotgate::harness {

// RDP_NEG_REQ's requestedProtocols; standard RDP security is none of the bits.
enum RdpProtocol : uint32_t { rdpStandard = 0, rdpTls = 1, rdpCredSsp = 2 };

struct X224Confirm {
  bool isRefusal = false;
  uint32_t value = 0; // the protocol chosen, or RDP_NEG_FAILURE's failureCode
};

std::vector<uint8_t> x224Request(uint32_t protocols);
// A whole message. Errors are wrongAnswer() of client_error.h.
Result<X224Confirm> parseX224Confirm(std::span<const uint8_t> message);
// On a connection that is new.
Result<X224Confirm> negotiate(ServerSocket &socket, uint32_t protocols, Deadline deadline);

} // namespace hotgate::harness
