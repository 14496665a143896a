// A failing guest that is kept in a folder, for people to look into:
//
//   guest.json     what it was, and what is needed to open it again on this host
//   frames.pcapng  the last frames of the wire
//   console.txt    the end of what the guest's console and QEMU, or the sandbox, printed
//   agent.txt      what our agent printed
//   state          QEMU's saved state of the machine: memory and devices
//   memory.elf     a dump of the guest's memory, where one was asked for
//
// The state opens with the image and the QEMU that it was made with.
#pragma once

#include "harness/roles/pcapng.h"
#include "harness/vm/machine.h"

#include <filesystem>

namespace hotgate::harness {

struct KeepRequest {
  std::filesystem::path folder; // is made
  bool withMemoryDump = false;
};

// A machine's part of guest.json.
struct KeptMachine {
  GuestImage image;
  MachineShape shape;
  std::string qemu; // version
};

inline constexpr const char *keptStateName = "state";

Result<> makeKeptFolder(const std::filesystem::path &folder);
Result<> writeFrames(const std::filesystem::path &folder, const std::vector<SeenFrame> &frames);
// Last: a folder with guest.json is whole. `missing`: what could not be had, and why.
Result<> writeKept(const std::filesystem::path &folder, const std::optional<KeptMachine> &machine,
                   const std::vector<std::string> &missing);
// Errors: input, when there is no kept machine in the folder, or its image or QEMU is not there any more.
Result<KeptMachine> readKept(const std::filesystem::path &folder);

} // namespace hotgate::harness
