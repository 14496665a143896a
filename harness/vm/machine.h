// One QEMU guest: its command line, its channels, saving and restoring its state.
//
// Nothing of the guest reaches the host: no user networking, no shared folders; the only ways out are the socket pairs
// below, whose bytes we parse. QEMU dies with us (ChildProcess) and owns no file or socket that would stay behind.
#pragma once

#include "harness/vm/channel.h"
#include "harness/vm/child_process.h"
#include "harness/vm/guest_image.h"
#include "harness/vm/qmp.h"

#include <optional>

namespace hotgate::harness {

enum class Accelerator { kvm, tcg };
[[nodiscard]] std::string_view acceleratorName(Accelerator accelerator); // "kvm"

struct MachineShape {
  Accelerator accelerator = Accelerator::tcg;
  int memoryMiB = 512;
};

// "QEMU emulator version 7.2.22 (...)". Errors: input, when qemu-system-x86_64 is not in PATH.
Result<std::string> qemuVersion();
// Everything of the command line but paths and descriptors: a saved state is for these devices in this order.
std::string machineIdentity(const GuestImage &image, const MachineShape &shape);

class Machine {
public:
  // Running and booting; or, with a saved state, restored and still paused, so that nobody's clock runs before
  // resume().
  static Result<Machine> boot(const GuestImage &image, const MachineShape &shape, Deadline deadline);
  static Result<Machine> restore(const GuestImage &image, const MachineShape &shape, const std::filesystem::path &state,
                                 Deadline deadline);

  Result<> resume(Deadline deadline);
  // Pauses the guest for good and writes its memory and devices to a file.
  Result<> save(const std::filesystem::path &state, Deadline deadline);

  // The channels; each can be taken once.
  [[nodiscard]] FileDescriptor takeGuestAgent() { return std::move(guestAgent_); }
  [[nodiscard]] FileDescriptor takeProcessAgent() { return std::move(processAgent_); }
  [[nodiscard]] FileDescriptor takeLink() { return std::move(link_); }

  // What QEMU and the guest's console said last: for the reason of a lab fault.
  [[nodiscard]] std::string consoleTail() const { return qemu_.outputTail(600); }
  [[nodiscard]] int pid() const { return qemu_.pid(); }

private:
  Machine(ChildProcess qemu, Qmp qmp) : qemu_(std::move(qemu)), qmp_(std::move(qmp)) {}
  static Result<Machine> start(const GuestImage &image, const MachineShape &shape, const FileDescriptor *incoming,
                               Deadline deadline);

  ChildProcess qemu_;
  Qmp qmp_;
  FileDescriptor guestAgent_;
  FileDescriptor processAgent_;
  FileDescriptor link_;
};

} // namespace hotgate::harness
