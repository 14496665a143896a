// The agent's other commands, under wine: programs, services, counters.
#include "tests/harness/agent/patched_process.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace hotgate::harness::agent_test {
namespace {

using nlohmann::json;

class AgentCommands : public PatchedProcess {};

TEST_F(AgentCommands, PingNamesVersionAndWine) {
  const json reply = runAgent({"ping"});
  EXPECT_EQ(reply.value("ok", false), true) << reply;
  EXPECT_EQ(reply.value("version", ""), HOTGATE_TEST_VERSION);
  EXPECT_TRUE(reply["wine"].is_string());
}

TEST_F(AgentCommands, StartedProgramIsFoundCountedAndStopped) {
  AgentServer server;
  const json started = server.ask({{"command", "start"},
                                   {"program", windowsPath(imagesFolder() / "agent-service/service.exe")},
                                   {"arguments", "sleep"}});
  ASSERT_TRUE(started.value("ok", false)) << started;
  const json &pid = started["pid"];
  const json found = server.ask({{"command", "processes"}, {"name", "SERVICE.EXE"}});
  const auto isStarted = [&](const json &process) { return process["pid"] == pid; };
  EXPECT_TRUE(std::any_of(found["processes"].begin(), found["processes"].end(), isStarted)) << found;

  const json counters = server.ask({{"command", "counters"}, {"pid", pid}});
  EXPECT_EQ(counters["alive"], true);
  EXPECT_EQ(counters["threads"], 1);
  EXPECT_GT(counters["private_bytes"].get<int64_t>(), 100'000);
  EXPECT_EQ(counters["start_time"], started["start_time"]);
  EXPECT_GE(counters["handles"], 1);

  EXPECT_TRUE(server.ask({{"command", "stop"}, {"pid", pid}, {"exit_code", 9}}).value("ok", false));
  const json after = server.ask({{"command", "counters"}, {"pid", pid}});
  EXPECT_EQ(after["alive"], false);
  EXPECT_EQ(after["exit_code"], 9);
  EXPECT_EQ(after["start_time"], started["start_time"]);
}

TEST_F(AgentCommands, EveryHandleThatIsKeptIsCounted) {
  start();
  const auto handles = [this] { return runAgent({"counters", "--pid", std::to_string(pid())})["handles"].get<int>(); };
  const int before = handles();
  for (int i = 0; i < 70; ++i) // more than the room that wine first gives
    ASSERT_EQ(say("open"), "1");
  EXPECT_EQ(handles(), before + 70);
}

// wineserver 8.0 crashes when it is asked for all handles while a process starts.
TEST_F(AgentCommands, HandlesAreCountedWhileProgramsStart) {
  start();
  std::atomic<bool> isDone = false;
  std::jthread counting([&] {
    for (AgentServer server; !isDone;) {
      const json reply = server.ask({{"command", "counters"}, {"pid", pid()}});
      ASSERT_TRUE(reply["handles"].is_number()) << reply;
    }
  });
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(runAgent({"ping"}).value("ok", false));
  isDone = true;
}

TEST_F(AgentCommands, UnknownPidIsNotAlive) {
  const json reply = runAgent({"counters", "--pid", "4242"});
  EXPECT_EQ(reply.value("ok", false), true) << reply;
  EXPECT_EQ(reply["alive"], false);
}

TEST_F(AgentCommands, ThreadsSayWhereTheyAre) {
  start();
  ASSERT_EQ(say("park-inside"), "parked");
  const json reply = runAgent({"threads", "--pid", std::to_string(pid())});
  ASSERT_EQ(reply["threads"].size(), 2U) << reply;
  bool found = false;
  for (const json &thread : reply["threads"])
    found = found || (thread["module"] == "target.exe" && thread["rva"] == rvaOf("Odd") + 1);
  EXPECT_TRUE(found) << reply;
  EXPECT_EQ(say("unpark"), "7");
}

// A thread that waits in another module's code, called by Blocking: found by unwind data, across the modules.
TEST_F(AgentCommands, StacksSayWhatEachThreadIsInsideOf) {
  start();
  ASSERT_EQ(say("block"), "inside");
  const json reply = runAgent({"stacks", "--pid", std::to_string(pid())});
  ASSERT_TRUE(reply.value("ok", false)) << reply;
  ASSERT_GE(reply["threads"].size(), 2U) << reply;
  const uint32_t blocking = rvaOf("Blocking");
  int inside = 0;
  for (const json &thread : reply["threads"]) {
    const json &frames = thread["frames"];
    for (size_t depth = 0; depth < frames.size(); ++depth)
      if (frames[depth]["module"] == "target.exe" && frames[depth]["rva"] > blocking &&
          frames[depth]["rva"] < blocking + 200) {
        ++inside;
        EXPECT_GT(depth, 0U) << "it waits in a function that Blocking calls";
        EXPECT_LT(depth + 1, frames.size()) << "somebody called it";
      }
  }
  EXPECT_EQ(inside, 1) << reply;
  EXPECT_EQ(say("release"), "1"); // no harm done
}

TEST_F(AgentCommands, ReadIsBoundedByTheModule) {
  start();
  const json reply = runAgent(
      {"read", "--pid", std::to_string(pid()), "--module", "target.exe", "--rva", "0x4ffffff0", "--size", "8"});
  EXPECT_EQ(reply.value("ok", true), false) << reply;
}

TEST_F(AgentCommands, ServiceLivesFromInstallToDelete) {
  AgentServer server;
  const json name = "HotgateAgentTest";
  (void)server.ask({{"command", "service-delete"}, {"name", name}}); // of an interrupted run
  const json installed = server.ask({{"command", "service-install"},
                                     {"name", name},
                                     {"program", windowsPath(imagesFolder() / "agent-service/service.exe")}});
  ASSERT_TRUE(installed.value("ok", false)) << installed;
  EXPECT_EQ(server.ask({{"command", "service-query"}, {"name", name}})["state"], "stopped");
  const json started = server.ask({{"command", "service-start"}, {"name", name}});
  ASSERT_TRUE(started.value("ok", false)) << started;
  EXPECT_EQ(started["state"], "running");
  EXPECT_EQ(server.ask({{"command", "counters"}, {"pid", started["pid"]}})["alive"], true);
  const json running = server.ask({{"command", "service-query"}, {"name", name}});
  EXPECT_EQ(running["pid"], started["pid"]);
  const json stopped = server.ask({{"command", "service-stop"}, {"name", name}});
  EXPECT_EQ(stopped.value("state", ""), "stopped") << stopped;
  EXPECT_TRUE(server.ask({{"command", "service-delete"}, {"name", name}}).value("ok", false));
  EXPECT_EQ(server.ask({{"command", "service-query"}, {"name", name}}).value("ok", true), false);
}

// A service says that it has stopped before its process is gone, and until then its name is taken.
TEST_F(AgentCommands, ADeletedServicesNameIsFreeAtOnce) {
  AgentServer server;
  // Of names of its own: other tests use the same prefix at the same time.
  const json name = "HotgateLingering";
  const std::filesystem::path program = imagesFolder() / "agent-service" / "lingering.exe";
  std::filesystem::copy_file(imagesFolder() / "agent-service" / "service.exe", program,
                             std::filesystem::copy_options::overwrite_existing);
  (void)server.ask({{"command", "service-delete"}, {"name", name}}); // of an interrupted run
  const json install{
      {"command", "service-install"}, {"name", name}, {"program", windowsPath(program)}, {"arguments", "linger"}};
  ASSERT_TRUE(server.ask(install).value("ok", false));
  const json started = server.ask({{"command", "service-start"}, {"name", name}});
  ASSERT_TRUE(started.value("ok", false)) << started;
  ASSERT_TRUE(server.ask({{"command", "service-stop"}, {"name", name}}).value("ok", false));
  const json deleted = server.ask({{"command", "service-delete"}, {"name", name}});
  EXPECT_TRUE(deleted.value("ok", false)) << deleted;
  EXPECT_EQ(server.ask({{"command", "counters"}, {"pid", started["pid"]}})["alive"], false);
  const json again = server.ask(install);
  EXPECT_TRUE(again.value("ok", false)) << again;
  EXPECT_TRUE(server.ask({{"command", "service-delete"}, {"name", name}}).value("ok", false));
}

} // namespace
} // namespace hotgate::harness::agent_test
