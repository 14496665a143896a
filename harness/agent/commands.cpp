#include "harness/agent/commands.h"

#include "harness/agent/counters.h"
#include "harness/agent/event_log.h"
#include "harness/agent/hotpatch_manager.h"
#include "harness/agent/machine_control.h"
#include "harness/agent/patching.h"
#include "harness/agent/process_errand.h"
#include "harness/agent/remote_memory.h"
#include "harness/agent/service_control.h"
#include "harness/agent/stacks.h"
#include "harness/agent/system_report.h"
#include "harness/agent/threads.h"
#include "harness/agent/update_scan.h"

#include <algorithm>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

constexpr uint64_t patchDeadlineMs = 2000;
constexpr uint64_t serviceDeadlineMs = 30'000;
constexpr uint64_t programDeadlineMs = 600'000;

uint32_t pidOf(const Parameters &parameters) { return static_cast<uint32_t>(parameters.number("pid")); }
PatchTarget targetOf(const Parameters &parameters) { return {pidOf(parameters), parameters.text("module")}; }
uint32_t deadlineOf(const Parameters &parameters, uint64_t otherwise) {
  return static_cast<uint32_t>(parameters.number("deadline_ms", otherwise));
}

StartOptions optionsOf(const Parameters &parameters) {
  return {parameters.text("program"), parameters.text("arguments"), parameters.text("directory"),
          parameters.text("output")};
}

json ping() {
  const char *wine = wineVersion();
  return {{"version", HOTGATE_VERSION}, {"pid", GetCurrentProcessId()}, {"wine", wine ? json(wine) : json(nullptr)}};
}

Outcome<json> processes(const Parameters &parameters) {
  AGENT_TRY(const auto entries, listProcesses());
  json list = json::array();
  for (const ProcessEntry &entry : entries)
    if (!parameters.has("name") || sameName(entry.name, parameters.text("name")))
      list.push_back({{"pid", entry.pid}, {"parent", entry.parent}, {"name", entry.name}});
  return json{{"processes", std::move(list)}};
}

Outcome<json> readBytes(const Parameters &parameters) {
  AGENT_TRY(const auto process, Process::open(pidOf(parameters)));
  AGENT_TRY(const auto module, process.module(parameters.text("module")));
  const uint64_t rva = parameters.number("rva");
  const uint64_t size = parameters.number("size");
  if (rva + size > module.size)
    return refuse(module.name, fmt::format("RVA {:#x}", rva),
                  fmt::format("{} bytes there end outside the module", size));
  AGENT_TRY(const auto bytes, RemoteMemory(process).read(module.base + rva, size));
  return json{{"bytes", hexadecimal(bytes)}};
}

// Of the patch image, which is no module of the process.
Outcome<json> readPatchBytes(const Parameters &parameters) {
  return readPatch(targetOf(parameters), static_cast<uint32_t>(parameters.number("rva")),
                   static_cast<uint32_t>(parameters.number("size")));
}

// {"module", "rva"} of an address; null where no module is.
json placeOf(const std::vector<Module> &modules, uint64_t address) {
  const auto module = std::find_if(modules.begin(), modules.end(),
                                   [&](const Module &m) { return address >= m.base && address - m.base < m.size; });
  const bool known = module != modules.end();
  return {{"module", known ? json(module->name) : json(nullptr)},
          {"rva", known ? json(address - module->base) : json(nullptr)}};
}

Outcome<json> threads(const Parameters &parameters) {
  AGENT_TRY(const auto process, Process::open(pidOf(parameters)));
  AGENT_TRY(const auto modules, process.modules());
  AGENT_TRY(const auto places, threadPlaces(process));
  json list = json::array();
  for (const ThreadPlace &place : places) {
    json entry = placeOf(modules, place.rip);
    entry["tid"] = place.tid;
    entry["rip"] = place.rip;
    list.push_back(std::move(entry));
  }
  return json{{"threads", std::move(list)}};
}

Outcome<json> stacks(const Parameters &parameters) {
  AGENT_TRY(const auto process, Process::open(pidOf(parameters)));
  AGENT_TRY(const auto modules, process.modules());
  AGENT_TRY(const auto stacks, threadStacks(process));
  json list = json::array();
  for (const ThreadStack &stack : stacks) {
    json frames = json::array();
    for (const uint64_t address : stack.addresses)
      frames.push_back(placeOf(modules, address));
    list.push_back({{"tid", stack.tid}, {"frames", std::move(frames)}});
  }
  return json{{"threads", std::move(list)}};
}

Outcome<json> stop(const Parameters &parameters) {
  AGENT_TRY(const auto process, Process::open(pidOf(parameters)));
  const auto exitCode = static_cast<UINT>(parameters.number("exit_code"));
  if (!TerminateProcess(process.handle(), exitCode))
    return refuseLastError(process.entity(), "TerminateProcess");
  WaitForSingleObject(process.handle(), patchDeadlineMs);
  return json{{"exit_code", exitCode}};
}

} // namespace

Outcome<json> Commands::start(const Parameters &parameters) {
  AGENT_TRY(auto child, startProcess(optionsOf(parameters)));
  const auto created = startTime(child.handle.get());
  json reply{{"pid", child.pid}, {"start_time", created ? json(*created) : json(nullptr)}};
  started_[child.pid] = std::move(child.handle);
  return reply;
}

Outcome<json> Commands::counters(const Parameters &parameters) const {
  const auto kept = started_.find(pidOf(parameters));
  return readCounters(pidOf(parameters), kept == started_.end() ? nullptr : kept->second.get());
}

// The commands of a Windows machine as a whole. nullopt: another command.
std::optional<Outcome<json>> Commands::runOfMachine(const std::string &command, const Parameters &p) {
  if (command == "preflight")
    return systemReport();
  if (command == "active-patches")
    return activePatches(pidOf(p));
  if (command == "load-patch")
    return loadPatch(p.text("image"));
  if (command == "events")
    return readEvents(p.text("channel"), p.text("provider"), p.number("after"));
  if (command == "scan")
    return scanForUpdates();
  if (command == "write-file")
    return writeFile(p.text("path"), p.number("offset"), p.text("bytes"));
  if (command == "run")
    return runToEnd(optionsOf(p), deadlineOf(p, programDeadlineMs));
  if (command == "restart")
    return restartMachine();
  return std::nullopt;
}

// The commands that work inside another process. nullopt: another command.
std::optional<Outcome<json>> Commands::runInProcess(const std::string &command, const Parameters &p) {
  using Errand = Outcome<json> (*)(const Parameters &);
  static const std::map<std::string, Errand, std::less<>> errands{
      {"apply",
       [](const Parameters &of) {
         return applyPatch(targetOf(of), of.text("image"), deadlineOf(of, patchDeadlineMs));
       }},
      {"undo", [](const Parameters &of) { return undoPatch(targetOf(of), deadlineOf(of, patchDeadlineMs)); }},
      {"query", [](const Parameters &of) { return queryPatch(targetOf(of)); }},
      {"read", readBytes},
      {"read-patch", readPatchBytes},
      {"threads", threads},
      {"stacks", stacks},
  };
  const auto found = errands.find(command);
  if (found == errands.end())
    return std::nullopt;
  return runErrand(pidOf(p), [errand = found->second, p] { return errand(p); });
}

Outcome<json> Commands::run(const Request &request) {
  const Parameters &p = request.parameters;
  const std::string &command = request.command;
  if (auto done = runOfMachine(command, p))
    return *std::move(done);
  if (auto done = runInProcess(command, p))
    return *std::move(done);
  if (command == "ping")
    return ping();
  if (command == "start")
    return start(p);
  if (command == "processes")
    return processes(p);
  if (command == "counters")
    return counters(p);
  if (command == "stop")
    return stop(p);
  if (command == "service-install")
    return installService(p.text("name"), p.text("program"), p.text("arguments"));
  if (command == "service-start")
    return startService(p.text("name"), deadlineOf(p, serviceDeadlineMs));
  if (command == "service-stop")
    return stopService(p.text("name"), deadlineOf(p, serviceDeadlineMs));
  if (command == "service-query")
    return queryService(p.text("name"));
  if (command == "service-delete")
    return deleteService(p.text("name"), deadlineOf(p, serviceDeadlineMs));
  return refuse("request", command, "the command has a form but no code: this is a defect of the agent");
}

} // namespace hotgate::harness::agent
