#include "tests/harness/windows/scripted_windows.h"

#include "harness/guest/windows/event_gate.h"

namespace hotgate::harness {

using nlohmann::json;

Result<FileDescriptor> ScriptedWindows::connect(Deadline) {
  agents_.push_back(std::make_unique<Peer>([this](Peer &end) {
    for (std::string line = end.readLine(); !line.empty(); line = end.readLine()) {
      const json request = json::parse(line);
      json reply;
      {
        const std::lock_guard lock(mutex_);
        reply = answer(request);
      }
      if (!reply.contains("ok"))
        reply["ok"] = true;
      reply["id"] = request["id"];
      if (!end.write(reply.dump() + "\n"))
        return;
    }
  }));
  return agents_.back()->takeOtherEnd();
}

void ScriptedWindows::write(const std::vector<int64_t> &ids) {
  written_.insert(written_.end(), ids.begin(), ids.end());
}

void ScriptedWindows::startService() {
  if (running_)
    return;
  running_ = true;
  pid_ += 4;
  write(script_.events);
}

json ScriptedWindows::events(int64_t after) const {
  json list = json::array();
  for (size_t index = static_cast<size_t>(after); index < written_.size() && list.size() < mostEventsAtOnce; ++index)
    list.push_back({{"record", index + 1}, {"id", written_[index]}, {"level", 3}, {"time", 1}});
  return {{"events", list}};
}

json ScriptedWindows::install(const json &request) {
  const std::string program = request["program"];
  script_.log.push_back("run " + program.substr(program.rfind('\\') + 1) + " " +
                        request["arguments"].get<std::string>());
  const bool removes = request["arguments"].get<std::string>().find("/Remove-Package") != std::string::npos;
  const uint32_t code = removes ? script_.removeCode : script_.installCode;
  if (code != 0 && code != 3010)
    return {{"exit_code", code}};
  installed_ = !removes;
  if (!removes) {
    script_.report.update(script_.reportAfterPatch);
    patched_ = script_.isActive;
    server.vulnerable = !patched_;
    if (patched_)
      write(script_.eventsOfPatch);
  }
  return {{"exit_code", code}};
}

json ScriptedWindows::answer(const json &request) {
  const std::string command = request["command"];
  if (command == "preflight") {
    json report = script_.report;
    report["boot_time"] = report["boot_time"].get<int64_t>() + boots_ * 600'000'000;
    return report;
  }
  if (command.starts_with("service-"))
    script_.services.insert(request["name"]);
  if (command == "service-start") {
    startService();
    return {{"state", "running"}, {"pid", pid_}};
  }
  if (command == "service-query")
    return {{"state", "running"}, {"pid", pid_}};
  if (command == "counters")
    return {{"alive", true}, {"exit_code", nullptr}, {"private_bytes", 6 << 20},
            {"threads", 7},  {"handles", 40},        {"start_time", pid_}};
  if (command == "events") {
    script_.eventSources.insert(request["channel"].get<std::string>() + " " + request["provider"].get<std::string>());
    return events(request.value("after", int64_t{0}));
  }
  if (command == "run")
    return install(request);
  if (command == "scan")
    return {{"updates", installed_ && !script_.offersAgain
                            ? json::array()
                            : json::array({{{"title", "Hotpatch"}, {"kb", {"5099001"}}, {"needs_restart", false}}})}};
  if (command == "active-patches")
    return {{"patches", patched_ ? json::array({{{"path", "x"}}}) : json::array()}};
  if (command == "query") {
    json redirected = json::array();
    for (const uint32_t rva : script_.functions)
      redirected.push_back({{"rva", rva}, {"thunk", uint64_t{0x140000000} + rva + 0x1000}});
    return {{"module_base", uint64_t{0x140000000}}, {"redirected", redirected}};
  }
  if (command == "read") {
    const auto rva = request["rva"].get<uint32_t>();
    const std::vector<uint8_t> &bytes = (patched_ ? script_.patched : script_.base).at(rva);
    std::string hex;
    for (const uint8_t byte : bytes)
      hex += fmt::format("{:02x}", byte);
    return {{"bytes", hex}};
  }
  if (command == "stacks")
    return {{"threads", json::array()}};
  if (command == "restart") {
    script_.log.emplace_back("restart");
    if (script_.restarts) {
      ++boots_;
      running_ = false;
      patched_ = false;
      server.vulnerable = !installed_; // what is installed is the base now
    }
  }
  return json::object();
}

} // namespace hotgate::harness
