// The client of the AD DS role: what a member of the domain asks of its controller.
//
//   as-*, tgs-*           Kerberos tickets with a session key of that type; the service's ticket is opened and read
//   kerberos-refusal      a wrong password must fail in the pre-authentication
//   ldap-simple, ldaps, ldap-gssapi   a bind each, then one entry of which the content is known
//   ldap-refusal          a wrong password must be refused as invalid credentials
//   ldap-paged            every entry below one node, exactly once
//   sysvol                a file of the policies' share, by SMB 3
//
// Limits: the controller must allow binds without signing (on Windows LDAPServerIntegrity 0 or 1).
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

Result<std::unique_ptr<RoleClient>> makeAddsClient(const ClientSetup &setup);

} // namespace hotgate::harness
