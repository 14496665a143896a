#include "harness/guest/windows/package_outcome.h"

#include <algorithm>
#include <array>

namespace hotgate::harness {
namespace {

struct KnownCode {
  uint32_t code;
  PackageState state;
  const char *meaning;
  const char *next;
};

constexpr const char *restartNext = "restart the machine; a hotpatch must not need it";
constexpr const char *cleanNext = "take the snapshot before the package is installed";
constexpr const char *baselineNext = "bring the machine to the baseline that the KB names";
constexpr const char *waitNext = "wait until Windows Update has ended, and take the snapshot on an idle machine";
constexpr const char *logNext = "read C:\\Windows\\Logs\\CBS\\CBS.log";
constexpr const char *administratorNext = "run the agent as administrator or as SYSTEM";

constexpr std::array knownCodes{
    KnownCode{0, PackageState::done, "done", ""},
    KnownCode{3010, PackageState::restartRequired, "ERROR_SUCCESS_REBOOT_REQUIRED", restartNext},
    KnownCode{1641, PackageState::restartRequired, "ERROR_SUCCESS_REBOOT_INITIATED", restartNext},
    KnownCode{0x00240005, PackageState::restartRequired, "WU_S_REBOOT_REQUIRED", restartNext},
    KnownCode{0x00240006, PackageState::nothingToDo, "WU_S_ALREADY_INSTALLED", cleanNext},
    KnownCode{0x00240007, PackageState::nothingToDo, "WU_S_ALREADY_UNINSTALLED", cleanNext},
    KnownCode{0x80240017, PackageState::notApplicable, "WU_E_NOT_APPLICABLE", baselineNext},
    KnownCode{0x800F081E, PackageState::notApplicable, "CBS_E_NOT_APPLICABLE", baselineNext},
    KnownCode{0x800F0823, PackageState::notApplicable, "CBS_E_NEW_SERVICING_STACK_REQUIRED", baselineNext},
    KnownCode{1618, PackageState::busy, "ERROR_INSTALL_ALREADY_RUNNING", waitNext},
    KnownCode{0x80240016, PackageState::busy, "WU_E_INSTALL_NOT_ALLOWED: another one runs, or a restart is pending",
              waitNext},
    KnownCode{0x80240028, PackageState::failed, "WU_E_UNINSTALL_NOT_ALLOWED", logNext},
    KnownCode{0x800F0825, PackageState::failed, "CBS_E_CANNOT_UNINSTALL: the package is permanent", logNext},
    KnownCode{0x800F0805, PackageState::failed, "CBS_E_INVALID_PACKAGE", "copy the package again"},
    KnownCode{0x800F0922, PackageState::failed, "CBS_E_INSTALLERS_FAILED", logNext},
    KnownCode{5, PackageState::failed, "ERROR_ACCESS_DENIED", administratorNext},
    KnownCode{0x80070005, PackageState::failed, "E_ACCESSDENIED", administratorNext},
    KnownCode{740, PackageState::failed, "ERROR_ELEVATION_REQUIRED", administratorNext},
    KnownCode{1058, PackageState::failed, "ERROR_SERVICE_DISABLED", "let the service wuauserv start on demand"},
};

// Codes that speak of the machine and not of the package.
bool isMachines(uint32_t code) { return code == 5 || code == 0x80070005 || code == 740 || code == 1058; }

bool endsWith(std::string text, std::string_view ending) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text.ends_with(ending);
}

} // namespace

PackageOutcome packageOutcome(uint32_t exitCode) {
  const auto *known = std::find_if(knownCodes.begin(), knownCodes.end(),
                                   [exitCode](const KnownCode &each) { return each.code == exitCode; });
  if (known == knownCodes.end())
    return {PackageState::failed, exitCode, fmt::format("exit code 0x{:08X}, of no published meaning here", exitCode),
            logNext};
  return {known->state, exitCode, known->meaning, known->next};
}

InstallVerdict installVerdict(const PackageOutcome &outcome) {
  switch (outcome.state) {
  case PackageState::done:
  case PackageState::restartRequired: // installed all the same; that a restart is pending is a fact of its own
    return InstallVerdict::installed;
  case PackageState::nothingToDo:
  case PackageState::notApplicable:
  case PackageState::busy:
    return InstallVerdict::labFault;
  case PackageState::failed:
    break;
  }
  return isMachines(outcome.code) ? InstallVerdict::labFault : InstallVerdict::refused;
}

Result<ProgramCall> installCall(const std::string &guestPath) {
  if (endsWith(guestPath, ".msu"))
    return ProgramCall{"C:\\Windows\\System32\\wusa.exe", fmt::format("\"{}\" /quiet /norestart", guestPath)};
  if (endsWith(guestPath, ".cab"))
    return ProgramCall{"C:\\Windows\\System32\\dism.exe",
                       fmt::format("/Online /Add-Package \"/PackagePath:{}\" /Quiet /NoRestart", guestPath)};
  return failUsage(guestPath, "", "is neither a .msu nor a .cab", "give the KB's package as it is published");
}

ProgramCall removeCall(const std::string &packageName) {
  return {"C:\\Windows\\System32\\dism.exe",
          fmt::format("/Online /Remove-Package /PackageName:{} /Quiet /NoRestart", packageName)};
}

bool isPackageName(std::string_view name) {
  return !name.empty() && name.size() <= 260 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~") ==
             std::string_view::npos;
}

} // namespace hotgate::harness
