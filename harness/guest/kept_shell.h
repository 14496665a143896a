// A console into a kept guest: its machine restored, and programs run in it by the guest agent.
#pragma once

#include "harness/guest/guest_agent.h"
#include "harness/vm/machine.h"

namespace hotgate::harness {

class KeptShell {
public:
  // `state` is the file that Machine::snapshot() wrote; it stays as it is, and each shell begins from it again.
  static Result<KeptShell> open(const GuestImage &image, const MachineShape &shape, const std::filesystem::path &state);

  struct Answer {
    std::string output; // both streams, printable; cut at outputLimit
    std::string exitCode;
  };
  // One line for the guest's sh. Errors: fault, when it gives no answer in time.
  Result<Answer> run(const std::string &line, Deadline deadline);
  // What QEMU and the guest's console printed since it was opened, printable.
  [[nodiscard]] std::string console() const { return machine_.consoleTail(outputLimit); }

  static constexpr size_t outputLimit = size_t{1} << 20U;

private:
  KeptShell(Machine machine, GuestAgent agent) : machine_(std::move(machine)), agent_(std::move(agent)) {}

  Machine machine_;
  GuestAgent agent_;
};

} // namespace hotgate::harness
