// The program hotgate-client, started in namespaces of its own with one wire, whose frames are carried to the guest's
// link. It is hostile once it has spoken with a server: its lines are bounded and parsed strictly, and a client that
// gives no answer, not even that it had none, is replaced with its whole sandbox.
#pragma once

#include "harness/client/clients.h"
#include "harness/client/frame_relay.h"
#include "harness/roles/role.h"
#include "harness/vm/channel.h"
#include "harness/vm/child_process.h"

#include <filesystem>

namespace hotgate::harness {

struct ClientPrograms {
  std::filesystem::path client; // hotgate-client
  std::filesystem::path tap;    // hotgate-tap
};

class ClientProcess : public Clients {
public:
  // Errors: usage, when the role's file names what its client does not have; else faults. On the thread that lives as
  // long as the clients are needed (child_process.h); `link` outlives them.
  static Result<std::unique_ptr<ClientProcess>> start(Link &link, const Role &role, const ClientPrograms &programs);

  Result<> ask(const ClientRequest &request) override;
  Result<ClientAnswer> next() override;

private:
  ClientProcess(Link &link, const Role &role, ClientPrograms programs)
      : link_(link), role_(role), programs_(std::move(programs)) {}
  Result<> restart();
  // The first request in flight that should long have been answered; then all are lost with the process.
  Result<ClientAnswer> replaced();

  Link &link_;
  Role role_;
  ClientPrograms programs_;
  std::optional<ChildProcess> process_;
  std::optional<Channel> channel_;
  std::unique_ptr<FrameRelay> relay_;
  std::map<int, Deadline> inFlight_; // client, and when its answer must be here
  std::vector<int> lost_;            // clients whose request went down with a process
};

} // namespace hotgate::harness
