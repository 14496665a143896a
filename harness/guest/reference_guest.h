// The guest with a role's real Linux server in it (a layer over the base image): how the lab itself is tested. It can
// be broken on purpose, in the ways that a patch breaks a service.
#pragma once

#include "harness/guest/guest_agent.h"
#include "harness/guest/process_agent.h"
#include "harness/roles/link.h"
#include "harness/roles/role.h"
#include "harness/vm/guest_layer.h"
#include "harness/vm/machine.h"

#include <array>
#include <memory>

namespace hotgate::harness {

enum class Breakage : uint8_t {
  stopped,   // the service ends
  suspended, // it lives, has its sockets, and does nothing: SIGSTOP
  wrongData, // it answers, with other content: the role's break-wrong-data.sh
  slow,      // every frame of the guest leaves later, by as much as the role says
  refusing,  // every tenth datagram is dropped, every tenth connection refused
};
constexpr std::array allBreakages{Breakage::stopped, Breakage::suspended, Breakage::wrongData, Breakage::slow,
                                  Breakage::refusing};
[[nodiscard]] std::string_view breakageName(Breakage breakage); // "wrong-data"

// What a restore starts from: the layer's image, and the state of a guest that was booted from it once, in which the
// server is installed, was started once (its files are in memory), and does not run.
struct ReferenceState {
  GuestImage image;
  MachineShape shape;
  std::filesystem::path state;
};

// `role` has a reference. From the cache, or made now (some ten seconds).
Result<ReferenceState> provideReferenceState(const std::filesystem::path &cache, const GuestLayer &layer,
                                             Accelerator accelerator, const Role &role, const Progress &progress);

class ReferenceGuest {
public:
  // On the thread that lives as long as the guest is needed (child_process.h).
  static Result<ReferenceGuest> restore(const ReferenceState &state, const Role &role);

  Link &link() { return link_; }
  // For a hub of several guests; link() is gone then.
  std::unique_ptr<Link> takeLink() { return std::make_unique<StreamLink>(std::move(link_)); }
  Result<> start();
  // As one of several guests on a wire, all of them restored from one state: the recipe's start-peer.sh.
  Result<> startPeer(const std::string &name, const std::string &address);
  // Until this guest's server and its partner have found each other: the recipe's await-pair.sh.
  Result<> awaitPair();
  // SIGKILL: nothing is told to anybody. The whole machine ends so with this object.
  Result<> killServer();
  Result<> breakIt(Breakage breakage);
  // Of all of the server's processes together; the start time is the oldest one's. alive is false when there is none.
  Result<ProcessCounters> counters();
  // Runs one of the role's checks in the guest: the command's exit code, 124 when it did not end in time.
  Result<int> inside(const std::string &command);

private:
  ReferenceGuest(Machine machine, Role role);
  Result<> run(const std::string &script, std::chrono::seconds limit);

  Machine machine_;
  GuestAgent files_;
  StreamLink link_;
  Role role_;
};

} // namespace hotgate::harness
