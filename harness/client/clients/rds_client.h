// The client of the RDS role, over RDP:
//
//   negotiate   the server must choose TLS when it is offered
//   refusal     standard RDP security, offered alone, must be refused with the failure code of the settings
//   login       the whole connection (rdp_session.h): certificate, protocol version, no encryption but TLS, the size of
//               the desktop, and a login screen of at least `colors` colors; its user is nobody
//
// Settings: port, certificate (PEM), colors, and refusal: RDP_NEG_FAILURE's code (1: TLS is required, 5: network level
// authentication).
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

Result<std::unique_ptr<RoleClient>> makeRdsClient(const ClientSetup &setup);

} // namespace hotgate::harness
