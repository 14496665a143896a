// The client of the file server role, over SMB:
//
//   smb2-signed, smb3-signed   one file written, read back with its content checked, and removed
//   smb3-encrypted   the same on a share that demands encryption
//   encryption-demanded   that share must be refused to a client of SMB 2.1, which cannot encrypt
//   large-file    the same with `large_mib` MiB
//   small-files   `small_files` files in a folder of their own: written, listed, read back, removed
//   refusal       a wrong password must be refused as such
//
// Every client works under names of its own, so that those that ask at once do not meet.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

Result<std::unique_ptr<RoleClient>> makeFileServerClient(const ClientSetup &setup);

} // namespace hotgate::harness
