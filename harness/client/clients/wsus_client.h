// The client of the WSUS role: what a Windows Update Agent asks of its server, over [MS-WUSP].
//
//   config          what the server demands of its clients
//   authorization   an authorization cookie
//   cookie          both, and the cookie that they give
//   sync            a scan's first two rounds: updates well formed, each once, and none of the first in the second
//   content         the update of the settings found, its files named, the first one downloaded, and its digest
//   compared refusal         a cookie that is none must be refused with the fault InvalidCookie self-update     the
//   cabinet with which clients update themselves
//
// Settings: host, port, update (the GUID of an approved update with files), content_mib (at most).
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

Result<std::unique_ptr<RoleClient>> makeWsusClient(const ClientSetup &setup);

} // namespace hotgate::harness
