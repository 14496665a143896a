// The client of the RADIUS role (NPS on Windows):
//
//   pap-accept, pap-reject             by User-Password
//   mschapv2-accept, mschapv2-reject   the accepting server must prove that it knows the password
//   accounting                         start and stop of a session
//
// Each request is sent once: who asks again hides the loss. Every answer's authenticators are checked.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

Result<std::unique_ptr<RoleClient>> makeRadiusClient(const ClientSetup &setup);

} // namespace hotgate::harness
