// The sections of lab.yaml about machines that are not Hotgate's own guest: which machine, and what makes it a Windows
// machine under test.
#pragma once

#include "harness/guest/libvirt_machine.h"
#include "harness/guest/ssh_machine.h"
#include "harness/guest/windows/preflight.h"
#include "harness/lab/provider.h"
#include "harness/vm/image_machine.h"
#include "support/strict_yaml.h"

#include <optional>

namespace hotgate::harness {

struct WindowsConfig {
  enum class Apply : uint8_t { package, loadPatch };
  WindowsRelease release = WindowsRelease::server2025;
  Apply apply = Apply::package;
  std::filesystem::path package; // .msu or .cab on this host
  std::string packageName;       // as DISM lists it; to roll back
  std::string kb;                // "5099001": what a scan must not offer again
  bool scans = true;             // a scan takes minutes, and needs the machine's update service
};

// At most one of the first three.
struct MachineConfig {
  std::optional<SshConfig> ssh;
  std::optional<LibvirtConfig> libvirt;
  std::optional<DiskImageConfig> image;
  std::optional<WindowsConfig> windows;
  [[nodiscard]] bool isOurGuest() const { return !ssh && !libvirt && !image; }
  // Of a machine that there is only once, so that one run at a time uses it: "192.0.2.10 port 22"; else "".
  [[nodiscard]] std::string name() const;
};

// Of the machines that the file describes, the one that the provider uses; the others are only checked. Relative paths
// are of `folder`.
MachineConfig readMachineConfig(StrictYaml &file, Provider provider, int memoryMiB,
                                const std::filesystem::path &folder);

} // namespace hotgate::harness
