// Does the lab tell a sound server of this role from a broken one? The role's real Linux server is run sound, and then
// broken in each of the ways of reference_guest.h, each time in a guest restored anew. What is measured goes into facts
// as if the sound run were the control and the broken one the patched service; the rules judge it, as they judge a
// patch.
#pragma once

#include "analyzer/facts/database.h"
#include "harness/lab/lab.h"
#include "harness/roles/role.h"

#include <optional>

namespace hotgate::harness {

struct ReferenceWay {
  std::string name;      // "sound", how it was broken, or what became of a pair
  bool isSound;          // nothing is to be seen: "sound", and a pair of which the other half takes over
  std::string told;      // the first thing wrong that smoke or soak saw: "a: 3 of 80 unanswered ..."; "" for nothing
  std::string step;      // which of them: smoke, soak
  facts::Database facts; // of this way, against the control
};

struct ReferenceRequest {
  std::string role;
  LabInstallation installation; // the agent is not used
};

// "sound" first, and a failover pair's ways (failover.h) last, when the role's reference can be one. Errors: usage,
// when the role has no reference; faults of the lab, among them a control that is not sound.
Result<std::vector<ReferenceWay>> runReference(const ReferenceRequest &request,
                                               const std::function<void(std::string_view)> &progress);

} // namespace hotgate::harness
