// What a Windows machine says of itself as a target of hotpatches: the agent's command `preflight`. Facts, no judgement
// (preflight.h judges). What a machine does not know is nullopt, never a default.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness {

// A key below ...\Update\TargetingInfo\DynamicInstalled whose name begins with "Hotpatch.".
struct Enrolment {
  std::string name;    // Hotpatch.amd64
  std::string version; // "" when the key has none
};

// What NtManageHotPatch answers to CheckEnabled. The meaning of the flags is not published: they are only compared.
struct HotPatchSwitch {
  uint32_t status = 0; // NTSTATUS
  uint32_t flags = 0;
  friend bool operator==(const HotPatchSwitch &, const HotPatchSwitch &) = default;
};

struct MachineReport {
  std::string wine;         // its version; "" on Windows
  std::string architecture; // x64, arm64
  int64_t build = 0;        // 26100
  int64_t revision = 0;     // 1742
  int64_t product = 0;      // of GetProductInfo
  std::optional<bool> vbsRunning;
  std::optional<int64_t> hotPatchTableSize;
  std::optional<int64_t> hotPatchRestrictions;
  std::optional<Enrolment> enrolment;
  std::optional<HotPatchSwitch> hotPatchSwitch;
  std::vector<std::string> pendingRestart; // who asks for one; empty: nobody
  int64_t bootTime = 0;                    // 100 ns since 1601
};

// Errors: fault, when a member is missing or of another type.
Result<MachineReport> parseMachineReport(const nlohmann::json &reply);

} // namespace hotgate::harness
