// The client of our own agent against scripted guests: every answer is checked before it is believed.
#include "harness/guest/process_agent.h"

#include "tests/harness/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

namespace hotgate::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Deadline soon() { return after(std::chrono::milliseconds(200)); }
Deadline generous() { return after(std::chrono::seconds(10)); }

// Answers the first request with this, its id added.
std::function<void(Peer &)> answering(const json &reply) {
  return [reply](Peer &end) {
    json complete = reply;
    complete["id"] = json::parse(end.readLine())["id"];
    end.write(complete.dump() + "\n");
  };
}

TEST(ProcessAgent, ReadsCounters) {
  Peer peer(answering(json::parse(R"({"ok":true,"alive":true,"exit_code":null,"private_bytes":4096,"threads":5,
                                      "handles":41,"start_time":133000000000000000})")));
  ProcessAgent agent(peer.takeOtherEnd());
  const auto counters = agent.counters(32, generous());
  ASSERT_TRUE(counters);
  EXPECT_TRUE(counters->alive);
  EXPECT_EQ(counters->privateBytes, 4096);
  EXPECT_EQ(counters->threads, 5);
  EXPECT_EQ(counters->handles, 41);
  EXPECT_EQ(counters->startTime, 133000000000000000);
}

TEST(ProcessAgent, AProcessThatIsGoneHasNullCounters) {
  Peer peer(answering(json::parse(R"({"ok":true,"alive":false,"exit_code":3221225477,"private_bytes":null,
                                      "threads":null,"handles":null,"start_time":null})")));
  ProcessAgent agent(peer.takeOtherEnd());
  const auto counters = agent.counters(32, generous());
  ASSERT_TRUE(counters);
  EXPECT_FALSE(counters->alive);
  EXPECT_EQ(counters->exitCode, 3221225477);
}

// Asks until it is done.
Result<AppliedPatch> apply(ProcessAgent &agent, Deadline deadline = generous()) {
  HOTGATE_CHECK(agent.beginApply(32, "m.exe", "C:\\m.exe", deadline));
  for (;;) {
    HOTGATE_TRY(const auto patch, agent.appliedYet());
    if (patch)
      return *patch;
  }
}

TEST(ProcessAgent, ApplyingIsAskedForUntilItIsDoneOrItsTimeIsOver) {
  Peer peer([](Peer &end) {
    const json request = json::parse(end.readLine());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    end.write(json{{"id", request["id"]}, {"ok", true}, {"module_base", 1}, {"redirected", json::array()}}.dump() +
              "\n");
  });
  ProcessAgent agent(peer.takeOtherEnd());
  ASSERT_TRUE(agent.beginApply(32, "m.exe", "C:\\m.exe", generous()));
  EXPECT_EQ(agent.appliedYet().value(), std::nullopt);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(agent.appliedYet().value()->moduleBase, 1U);

  Peer slow([](Peer &end) {
    end.readLine();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  });
  ProcessAgent waiting(slow.takeOtherEnd());
  EXPECT_FALSE(apply(waiting, after(std::chrono::milliseconds(50))));
  EXPECT_FALSE(waiting.wasRefused());
}

TEST(ProcessAgent, ARefusalIsToldFromADeadAgent) {
  Peer refusing(answering({{"ok", false}, {"error", "BASE 0: other timestamp"}, {"status", "0xC0000059"}}));
  ProcessAgent agent(refusing.takeOtherEnd());
  const auto applied = apply(agent);
  ASSERT_FALSE(applied);
  EXPECT_TRUE(agent.wasRefused());
  EXPECT_THAT(applied.error().reason, HasSubstr("other timestamp"));
  EXPECT_EQ(applied.error().place, "apply, status 0xC0000059");

  Peer dead([](Peer &end) { end.readLine(); });
  ProcessAgent gone(dead.takeOtherEnd());
  EXPECT_FALSE(apply(gone));
  EXPECT_FALSE(gone.wasRefused());
}

TEST(ProcessAgent, ReadsStacks) {
  Peer peer(answering(json::parse(R"({"ok":true,"threads":[
      {"tid":7,"frames":[{"module":"ntdll.dll","rva":4096},{"module":null,"rva":null}]},{"tid":9,"frames":[]}]})")));
  ProcessAgent agent(peer.takeOtherEnd());
  const auto stacks = agent.stacks(32, generous());
  ASSERT_TRUE(stacks);
  ASSERT_EQ(stacks->size(), 2U);
  EXPECT_EQ(stacks->at(0).frames.at(0).module, "ntdll.dll");
  EXPECT_EQ(stacks->at(0).frames.at(0).rva, 4096U);
  EXPECT_EQ(stacks->at(0).frames.at(1).module, "");
  EXPECT_EQ(stacks->at(1).thread, 9);
}

TEST(ProcessAgent, RedirectionsComeSorted) {
  Peer peer(answering(json::parse(R"({"ok":true,"module_base":5368709120,"redirected":[
      {"rva":8192,"thunk":5368800008},{"rva":4096,"thunk":5368800000}]})")));
  ProcessAgent agent(peer.takeOtherEnd());
  const auto patch = apply(agent);
  ASSERT_TRUE(patch);
  ASSERT_EQ(patch->redirected.size(), 2U);
  EXPECT_EQ(patch->redirected[0].rva, 4096U);
  EXPECT_EQ(patch->redirected[1].thunk, 5368800008U);
}

struct HostileAnswer {
  const char *command;
  const char *reply;
};
class HostileAgent : public testing::TestWithParam<HostileAnswer> {};

TEST_P(HostileAgent, IsRefused) {
  Peer peer(answering(json::parse(GetParam().reply)));
  ProcessAgent agent(peer.takeOtherEnd());
  const std::string command = GetParam().command;
  if (command == "counters")
    EXPECT_FALSE(agent.counters(32, generous()));
  else if (command == "read")
    EXPECT_FALSE(agent.read(32, "m.exe", 4096, 2, generous()));
  else if (command == "stacks")
    EXPECT_FALSE(agent.stacks(32, generous()));
  else if (command == "service")
    EXPECT_FALSE(agent.queryService("s", generous()));
  else
    EXPECT_FALSE(apply(agent));
}

INSTANTIATE_TEST_SUITE_P(
    ProcessAgent, HostileAgent,
    testing::Values(
        HostileAnswer{"stacks", "{}"}, HostileAnswer{"stacks", R"({"ok":true,"threads":[7]})"},
        HostileAnswer{"stacks", R"({"ok":true,"threads":[{"tid":1,"frames":[{"module":"a","rva":4294967296}]}]})"},
        HostileAnswer{"stacks", R"({"ok":true,"threads":[{"tid":1,"frames":[{"module":7,"rva":1}]}]})"},
        HostileAnswer{"counters", "{}"}, HostileAnswer{"counters", R"({"ok":1})"},
        HostileAnswer{"counters", R"({"ok":false})"}, HostileAnswer{"counters", R"({"ok":true})"},
        HostileAnswer{"counters", R"({"ok":true,"alive":"yes"})"},
        HostileAnswer{"counters", R"({"ok":true,"alive":true,"private_bytes":"9","threads":1,"start_time":1})"},
        HostileAnswer{"counters", R"({"ok":true,"alive":true,"private_bytes":1.5,"threads":1,"start_time":1})"},
        HostileAnswer{"read", R"({"ok":true,"bytes":"90"})"}, HostileAnswer{"read", R"({"ok":true,"bytes":"909090"})"},
        HostileAnswer{"read", R"({"ok":true,"bytes":"909"})"}, HostileAnswer{"read", R"({"ok":true,"bytes":"90zz"})"},
        HostileAnswer{"read", R"({"ok":true,"bytes":["90","90"]})"}, HostileAnswer{"service", R"({"ok":true,"pid":4})"},
        HostileAnswer{"service", R"({"ok":true,"state":"running","pid":"4"})"},
        HostileAnswer{"apply", R"({"ok":true,"module_base":1})"},
        HostileAnswer{"apply", R"({"ok":true,"module_base":-1,"redirected":[]})"},
        HostileAnswer{"apply", R"({"ok":true,"module_base":1,"redirected":[7]})"},
        HostileAnswer{"apply", R"({"ok":true,"module_base":1,"redirected":[{"rva":4096}]})"},
        HostileAnswer{"apply", R"({"ok":true,"module_base":1,"redirected":[{"rva":4294967296,"thunk":1}]})"}));

TEST(ProcessAgent, AnIdThatWasNeverSentIsRefused) {
  Peer peer([](Peer &end) {
    end.readLine();
    end.write("{\"id\":99,\"ok\":true}\n");
  });
  ProcessAgent agent(peer.takeOtherEnd());
  const auto pinged = agent.ping(generous());
  ASSERT_FALSE(pinged);
  EXPECT_THAT(pinged.error().reason, HasSubstr("never made"));
}

TEST(ProcessAgent, ALateAnswerIsNotTakenForTheNextOne) {
  Peer peer([](Peer &end) {
    const json first = json::parse(end.readLine());
    const json second = json::parse(end.readLine());
    end.write(json{{"id", first["id"]}, {"ok", true}, {"bytes", "aaaa"}}.dump() + "\n");
    end.write(json{{"id", second["id"]}, {"ok", true}, {"bytes", "bbbb"}}.dump() + "\n");
  });
  ProcessAgent agent(peer.takeOtherEnd());
  EXPECT_FALSE(agent.read(32, "m.exe", 4096, 2, soon()));
  EXPECT_EQ(agent.read(32, "m.exe", 4096, 2, generous()), (std::vector<uint8_t>{0xbb, 0xbb}));
}

TEST(ProcessAgent, AFloodOfForeignAnswersEndsAtTheDeadline) {
  Peer peer([](Peer &end) {
    end.readLine();
    while (end.write("{\"id\":0,\"ok\":true}\n")) {
    }
  });
  ProcessAgent agent(peer.takeOtherEnd());
  const auto before = Clock::now();
  EXPECT_FALSE(agent.ping(after(std::chrono::milliseconds(300))));
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(5));
}

} // namespace
} // namespace hotgate::harness
