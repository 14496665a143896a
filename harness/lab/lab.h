// The dynamic half of the gate: one hotpatch image applied to a running service in a guest, observed from outside.
//
//   HOTGATE_TRY(const LabConfig config, readLabConfig(folder / "lab.yaml"));
//   HOTGATE_CHECK(checkLabHost(config.provider, config.machine));
//   HOTGATE_CHECK(runLab({pre, hotpatch, post, config, "dhcp", installation}, facts, progress));
//
// Needs the hotpatch table's records in the facts (the static half writes them). A lab fault is an outcome in the
// facts, not an error; an error is an environment or input that cannot be used, or facts that cannot be written.
#pragma once

#include "harness/lab/guest_keeper.h"
#include "harness/lab/lab_config.h"

#include "analyzer/facts/database.h"

#include <string_view>

namespace hotgate::harness {

// Where the parts of Hotgate that the lab needs at run time are.
struct LabInstallation {
  std::filesystem::path roles;  // folder with NAME.yaml of each role
  std::filesystem::path agent;  // hotgate-agent.exe
  std::filesystem::path tap;    // hotgate-tap, for the provider wine-host and the clients of a role
  std::filesystem::path client; // hotgate-client
  std::filesystem::path cache;  // defaultCacheFolder() of harness/vm/cache.h
};

struct LabRequest {
  std::filesystem::path preImage;
  std::filesystem::path hotpatchImage;
  std::filesystem::path postImage;
  LabConfig config;
  std::string role;
  LabInstallation installation;
  GuestKeeper *keeper = nullptr; // of a guest that fails, at the moment when it does; nullptr: nothing is kept
};

// Errors: input, when this host lacks what the provider needs (QEMU, unshare), or a file that the machine needs.
Result<> checkLabHost(Provider provider, const MachineConfig &machine = {});

// Runs on the calling thread; QEMU ends when that thread does.
Result<> runLab(const LabRequest &request, facts::Database &facts,
                const std::function<void(std::string_view)> &progress);

} // namespace hotgate::harness
