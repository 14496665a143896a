// What of an agent's refusals is the patch's doing, and what the lab's: a guest with a scripted agent.
#include "harness/lab/agent_guest.h"

#include "tests/harness/peer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

using nlohmann::json;

class GuestWithAgent : public AgentGuest {
public:
  explicit GuestWithAgent(FileDescriptor agent)
      : AgentGuest({.cache = {},
                    .agent = {},
                    .preImage = "dhcpsrv.exe",
                    .hotpatchImage = {},
                    .postImage = {},
                    .address = "10.77.0.1/24",
                    .config = {}}),
        agent_(std::move(agent)) {
    useAgent(agent_);
  }
  Result<> restore() override { return {}; }
  [[nodiscard]] std::string_view accelerator() const override { return ""; }
  Link &link() override { std::abort(); } // a restart asks nothing over it

private:
  ProcessAgent agent_;
};

// An agent that refuses one command and answers all others.
std::function<void(Peer &)> refusing(const std::string &command) {
  return [command](Peer &end) {
    for (std::string line = end.readLine(); !line.empty(); line = end.readLine()) {
      const json request = json::parse(line);
      json reply{{"id", request["id"]}, {"ok", true}, {"restarts", false}, {"state", "running"}, {"pid", 40}};
      if (request["command"] == command)
        reply = {{"id", request["id"]}, {"ok", false}, {"entity", "service"}, {"error", "refused"}};
      end.write(reply.dump() + "\n");
    }
  };
}

struct Restart {
  bool isDone;
  bool wasRefused;
};
Restart restartWith(const std::string &refusedCommand) {
  Peer peer(refusing(refusedCommand));
  GuestWithAgent guest(peer.takeOtherEnd());
  const auto restarted = guest.restartUpdated();
  return {static_cast<bool>(restarted), guest.wasRefused()};
}

TEST(AgentGuest, AnUpdateThatDoesNotStartOrAServiceThatDoesNotStopIsToBeJudged) {
  for (const char *command : {"service-start", "service-stop"}) {
    const Restart restart = restartWith(command);
    EXPECT_FALSE(restart.isDone) << command;
    EXPECT_TRUE(restart.wasRefused) << command;
  }
}

TEST(AgentGuest, WhatHindersTheSettingUpOfTheUpdateIsTheLabs) {
  for (const char *command : {"service-delete", "service-install"}) {
    const Restart restart = restartWith(command);
    EXPECT_FALSE(restart.isDone) << command;
    EXPECT_FALSE(restart.wasRefused) << command;
  }
}

TEST(AgentGuest, ARestartThatNothingHindersIsDone) { EXPECT_TRUE(restartWith("none").isDone); }

} // namespace
} // namespace hotgate::harness
