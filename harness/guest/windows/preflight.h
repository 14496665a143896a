// Whether a Windows machine can take a hotpatch at all. A machine that cannot gets the cumulative update in its place,
// silently: a lab that did not ask first would judge another package. So every problem is a fault of the lab.
#pragma once

#include "harness/guest/windows/machine_report.h"

namespace hotgate::harness {

enum class WindowsRelease : uint8_t { server2022, server2025 };
[[nodiscard]] std::string_view releaseName(WindowsRelease release); // as in lab.yaml: 2022, 2025

struct PreflightProblem {
  std::string what;
  std::string next; // what to do on the machine
};

// All of them, in the order in which they are best mended; empty when the machine can take hotpatches.
std::vector<PreflightProblem> preflightProblems(const MachineReport &report, WindowsRelease release);

// One fault that names them all.
Result<> checkPreflight(const MachineReport &report, WindowsRelease release);

} // namespace hotgate::harness
