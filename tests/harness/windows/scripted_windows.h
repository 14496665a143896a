// A Windows machine as its agent shows it: a scripted agent over a real channel, with the model DHCP server on the
// wire. Each test changes what goes wrong.
#pragma once

#include "harness/guest/agent_machine.h"
#include "tests/harness/model_dhcp_server.h"
#include "tests/harness/peer.h"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

namespace hotgate::harness {

// What the tests set and read; the machine's own thread answers from it.
struct WindowsScript {
  nlohmann::json report = nlohmann::json::parse(R"({"wine":null,"architecture":"x64","build":26100,"revision":6588,
      "product":7,"vbs_running":true,"hot_patch_table_size":4096,"hot_patch_restrictions":null,
      "enrolment":{"name":"Hotpatch.amd64","version":"1.0.0.0"},"hot_patch_switch":{"status":0,"flags":3},
      "pending_restart":[],"boot_time":133000000000000000})");
  size_t eventsBefore = 0;                                    // that the log holds already
  std::vector<int64_t> events{1024, 1044};                    // whenever the service starts
  std::vector<int64_t> eventsOfPatch;                         // as soon as the patch is active
  nlohmann::json reportAfterPatch = nlohmann::json::object(); // merged into the report
  uint32_t installCode = 0;
  uint32_t removeCode = 3010;
  bool isActive = true; // the system names the patch, and the bytes are there
  bool offersAgain = false;
  bool restarts = true;
  std::map<uint32_t, std::vector<uint8_t>> base; // bytes of the base by RVA
  std::map<uint32_t, std::vector<uint8_t>> patched;
  std::vector<uint32_t> functions;    // that the patch redirects
  std::vector<std::string> log;       // "run wusa.exe", "restart", ...
  std::set<std::string> services;     // that were started or asked after
  std::set<std::string> eventSources; // channel and provider that were read
};

class ScriptedWindows : public AgentMachine {
public:
  explicit ScriptedWindows(WindowsScript &script) : script_(script), written_(script.eventsBefore, int64_t{9999}) {}

  Result<> start(Deadline) override { return {}; }
  Result<FileDescriptor> connect(Deadline) override;
  Link &link() override { return server; }
  [[nodiscard]] std::string_view accelerator() const override { return "kvm"; }

  ModelDhcpServer server;

private:
  nlohmann::json answer(const nlohmann::json &request);
  nlohmann::json install(const nlohmann::json &request);
  nlohmann::json events(int64_t after) const;
  void write(const std::vector<int64_t> &ids);
  void startService();

  WindowsScript &script_;
  std::mutex mutex_;
  bool installed_ = false; // the package
  bool patched_ = false;   // the process
  bool running_ = false;
  int64_t pid_ = 432;
  int64_t boots_ = 0;
  std::vector<int64_t> written_; // into the event log; the record is the place
  std::vector<std::unique_ptr<Peer>> agents_;
};

} // namespace hotgate::harness
