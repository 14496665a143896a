// The agent's commands about the machine as a whole, under wine: what wine has is really done, and what it lacks is
// refused as "not here".
#include "tests/harness/agent/patched_process.h"

#include <fstream>
#include <gmock/gmock.h>

namespace hotgate::harness::agent_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char *memoryKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management)";
constexpr const char *enrolmentKey =
    R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Update\TargetingInfo\DynamicInstalled\Hotpatch.amd64)";
constexpr const char *restartKey =
    R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending)";

class MachineCommands : public PatchedProcess {
protected:
  json ask(json request) { return server_.ask(std::move(request)); }
  // reg.exe's exit code.
  int registry(const std::string &arguments) {
    return ask({{"command", "run"}, {"program", "C:\\windows\\system32\\reg.exe"}, {"arguments", arguments}})
        .value("exit_code", -1);
  }

  AgentServer server_;
};

TEST_F(MachineCommands, ReportReadsTheRegistry) {
  const json bare = ask({{"command", "preflight"}});
  ASSERT_TRUE(bare.value("ok", false)) << bare;
  EXPECT_TRUE(bare["wine"].is_string());
  EXPECT_EQ(bare["architecture"], "x64");
  EXPECT_GT(bare["build"].get<int>(), 6000);
  EXPECT_EQ(bare["vbs_running"], nullptr);
  EXPECT_EQ(bare["hot_patch_table_size"], nullptr);
  EXPECT_EQ(bare["enrolment"], nullptr);
  EXPECT_EQ(bare["hot_patch_switch"], nullptr);
  EXPECT_EQ(bare["pending_restart"], json::array());

  ASSERT_EQ(registry(std::string("add \"") + memoryKey + "\" /v HotPatchTableSize /t REG_DWORD /d 4096 /f"), 0);
  ASSERT_EQ(registry(std::string("add \"") + enrolmentKey + "\" /v Version /d 1.2.3.4 /f"), 0);
  ASSERT_EQ(registry(std::string("add \"") + restartKey + "\" /f"), 0);
  const json set = ask({{"command", "preflight"}});
  EXPECT_EQ(registry(std::string("delete \"") + memoryKey + "\" /v HotPatchTableSize /f"), 0);
  EXPECT_EQ(registry(std::string("delete \"") + enrolmentKey + "\" /f"), 0);
  EXPECT_EQ(registry(std::string("delete \"") + restartKey + "\" /f"), 0);
  EXPECT_EQ(set["hot_patch_table_size"], 4096);
  EXPECT_EQ(set["enrolment"], (json{{"name", "Hotpatch.amd64"}, {"version", "1.2.3.4"}}));
  EXPECT_EQ(set["pending_restart"], json::array({"component servicing"}));
  // Counted back from now, so it may differ by the clock's steps.
  EXPECT_NEAR(set["boot_time"].get<double>(), bare["boot_time"].get<double>(), 10'000'000.0);
}

TEST_F(MachineCommands, FilesAreWrittenInPieces) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "hotgate-agent-write";
  const std::string path = windowsPath(folder / "sub" / "file.bin");
  EXPECT_EQ(ask({{"command", "write-file"}, {"path", path}, {"offset", 0}, {"bytes", "68656c"}})["size"], 3);
  EXPECT_EQ(ask({{"command", "write-file"}, {"path", path}, {"offset", 3}, {"bytes", "6c6f"}})["size"], 5);
  std::string content;
  std::getline(std::ifstream(folder / "sub" / "file.bin"), content);
  EXPECT_EQ(content, "hello");
  EXPECT_EQ(ask({{"command", "write-file"}, {"path", path}, {"offset", 0}, {"bytes", ""}})["size"], 0);
  for (const char *bytes : {"6", "6G", "zz", "6C"})
    EXPECT_FALSE(ask({{"command", "write-file"}, {"path", path}, {"offset", 0}, {"bytes", bytes}}).value("ok", true))
        << bytes;
  std::filesystem::remove_all(folder);
}

TEST_F(MachineCommands, AProgramRunsToItsEndOrGoesOn) {
  // Of a name of its own: other tests use the same prefix at the same time.
  const std::filesystem::path program = imagesFolder() / "agent-service" / "goes-on.exe";
  std::filesystem::copy_file(imagesFolder() / "agent-service" / "service.exe", program,
                             std::filesystem::copy_options::overwrite_existing);
  const json failed =
      ask({{"command", "run"}, {"program", "C:\\windows\\system32\\cmd.exe"}, {"arguments", "/c exit 19"}});
  EXPECT_EQ(failed["exit_code"], 19) << failed;
  const json slow =
      ask({{"command", "run"}, {"program", windowsPath(program)}, {"arguments", "sleep"}, {"deadline_ms", 200}});
  EXPECT_FALSE(slow.value("ok", true));
  EXPECT_THAT(slow["error"].get<std::string>(), HasSubstr("it still runs after 200 ms"));
  const json left = ask({{"command", "processes"}, {"name", "goes-on.exe"}});
  ASSERT_EQ(left["processes"].size(), 1U) << left;
  ask({{"command", "stop"}, {"pid", left["processes"][0]["pid"]}});
}

TEST_F(MachineCommands, WhatWineLacksIsNotHere) {
  for (const json &request :
       {json{{"command", "active-patches"}, {"pid", 8}}, json{{"command", "load-patch"}, {"image", "C:\\x.exe"}},
        json{{"command", "events"}, {"channel", "System"}, {"provider", "Microsoft-Windows-DHCP-Server"}},
        json{{"command", "scan"}}, json{{"command", "restart"}}}) {
    const json reply = ask(request);
    EXPECT_FALSE(reply.value("ok", true)) << request;
    EXPECT_THAT(reply["error"].get<std::string>(), testing::AllOf(HasSubstr("not here"), HasSubstr("Next: ")))
        << request;
  }
}

TEST_F(MachineCommands, APortThatIsNotThereIsSaid) {
  auto agent = WineProgram::start(std::filesystem::path(AGENT_PROGRAM), {"serve", "\\\\.\\Global\\hotgate.agent"});
  ASSERT_TRUE(agent);
  EXPECT_TRUE(agent->endsWithin(std::chrono::seconds(60)));
}

} // namespace
} // namespace hotgate::harness::agent_test
