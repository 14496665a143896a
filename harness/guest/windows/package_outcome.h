// What the exit code of wusa.exe or dism.exe says of a package, and the command lines to install and remove one.
//
// Both tools end with a Windows error or an HRESULT. The table is that of the codes whose meaning Microsoft has
// published; any other one is `failed`, with the number.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace hotgate::harness {

enum class PackageState : uint8_t {
  done,            // installed (or removed), no restart
  restartRequired, // done, and in force after a restart
  nothingToDo,     // it was already installed, or already gone
  notApplicable,   // not for this machine
  busy,            // the servicing stack is at something else: try again
  failed,
};

struct PackageOutcome {
  PackageState state = PackageState::failed;
  uint32_t code = 0;
  std::string meaning;
  std::string next; // what to do about it; "" for done
};
PackageOutcome packageOutcome(uint32_t exitCode);

// After the request to install a hotpatch on a machine that passed pre-flight.
enum class InstallVerdict : uint8_t {
  installed,
  refused,  // the package is the reason: a step that failed
  labFault, // the machine is
};
InstallVerdict installVerdict(const PackageOutcome &outcome);

struct ProgramCall {
  std::string program;
  std::string arguments;
};
// By the file's ending: .msu by wusa.exe, .cab by dism.exe. `guestPath` is a Windows path without quotes.
// Errors: usage, for another ending.
Result<ProgramCall> installCall(const std::string &guestPath);
// `packageName` as DISM lists it: "Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.4652.1.7". wusa.exe refuses to
// remove packages that carry a servicing stack, so DISM removes all.
ProgramCall removeCall(const std::string &packageName);
// The characters that such a name has, and no others: it goes into a command line.
[[nodiscard]] bool isPackageName(std::string_view name);

} // namespace hotgate::harness
