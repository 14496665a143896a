// A Remote Desktop connection up to the login screen, on libfreerdp: TLS, MCS and GCC, licensing, capabilities, and the
// first picture. The socket is ours and ends at the deadline, since the library waits on it without one.
//
// Limits: TLS only. A Windows server that demands network level authentication shows nobody a login screen.
#pragma once

#include "harness/vm/deadline.h"
#include "support/result.h"

#include <cstdint>

namespace hotgate::harness {

struct RdpServer {
  std::string address;
  uint16_t port = 3389;
  std::string certificate; // PEM: the only one that is trusted
};

struct LoginScreen {
  uint32_t protocolVersion = 0;  // of the server's GCC core data: 0x00080004 is RDP 5.0 and later
  uint32_t securityProtocol = 0; // that the server chose: RdpProtocol of x224_negotiation.h
  uint32_t encryptionLevel = 0;  // of the server's GCC security data: none under TLS
  size_t colors = 0;             // that differ, of those painted
};

// A desktop of 800 by 600 is asked for. Returns when `colors` different ones were painted, or at the deadline with
// fewer. Errors are those of client_error.h.
Result<LoginScreen> openLoginScreen(const RdpServer &server, size_t colors, Deadline deadline);

} // namespace hotgate::harness
