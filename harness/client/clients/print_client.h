// The client of the print role, over IPP: a print server of any kind, Windows' Internet Printing among them.
//
//   attributes        the printer's name, that it takes jobs, is not stopped, and takes documents of any format
//   unknown-printer   a printer that there is not must be refused as such
//   print             a job created, its document sent, and waited for until it is completed, with its name, user and
//   size cancel            a job held, found among those that wait, canceled, and gone from them
//
// What came out of the printer is not known here: in the reference guest a check inside compares it.
//
// Settings: host, port, path ("/printers/probe"), printer (its name), user, document_lines.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

Result<std::unique_ptr<RoleClient>> makePrintClient(const ClientSetup &setup);

} // namespace hotgate::harness
