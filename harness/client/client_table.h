// Which client a role's file means by `probe`.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

// Errors: usage, when there is none of this name.
Result<std::unique_ptr<RoleClient>> makeClient(const std::string &probe, const ClientSetup &setup);

} // namespace hotgate::harness
