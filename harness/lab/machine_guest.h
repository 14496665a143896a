// A guest on a machine that is not Hotgate's own: the base image as a service in C:\hotgate there, patched by the
// agent. At the end the service is removed again.
#pragma once

#include "harness/guest/agent_machine.h"
#include "harness/lab/agent_guest.h"

#include <memory>

namespace hotgate::harness {

class MachineGuest : public AgentGuest {
public:
  MachineGuest(GuestSetup setup, std::unique_ptr<AgentMachine> machine)
      : AgentGuest(std::move(setup)), machine_(std::move(machine)) {}
  MachineGuest(const MachineGuest &) = delete;
  MachineGuest &operator=(const MachineGuest &) = delete;
  ~MachineGuest() override;

  Result<> restore() override;
  [[nodiscard]] std::string_view accelerator() const override { return machine_->accelerator(); }
  Link &link() override { return machine_->link(); }

protected:
  // Runs, and its agent answers.
  Result<> startMachine();
  // A new conversation, as after the machine's restart.
  Result<> reconnect(Deadline deadline);
  [[nodiscard]] AgentMachine &machine() { return *machine_; }

private:
  std::unique_ptr<AgentMachine> machine_;
  std::optional<ProcessAgent> agent_;
  bool installed_ = false;
};

} // namespace hotgate::harness
