#include "harness/lab/windows_guest.h"

#include "harness/guest/reply_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

namespace hotgate::harness {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes packageDeadline{60}; // a cumulative package on a slow disk
constexpr minutes restartDeadline{30}; // what was installed is finished during the start
constexpr minutes scanDeadline{20};
constexpr minutes copyDeadline{30};
constexpr minutes readyDeadline{5};
constexpr seconds callDeadline{60};
constexpr seconds pause{2};
constexpr int64_t clockTolerance = 50'000'000; // 5 s in 100 ns: the start is counted back from a clock that is set
constexpr size_t mostPatches = 1024;
constexpr size_t mostUpdates = 1024;
constexpr size_t mostEventAnswers = 64;

Result<uint32_t> exitCodeOf(const json &reply) {
  ReplyReader reader("run", reply);
  const uint64_t code = reader.address("exit_code");
  if (code > UINT32_MAX)
    reader.refuse("the exit code has more than 32 bits");
  return reader.finish(static_cast<uint32_t>(code));
}

Result<size_t> countOf(const char *command, const json &reply, const char *list, size_t most) {
  ReplyReader reader(command, reply);
  const json *entries = reader.find(list, &json::is_array);
  const size_t count = entries == nullptr ? 0 : entries->size();
  if (count > most)
    reader.refuse(fmt::format("names {} {}, more than {}", count, list, most));
  return reader.finish(count);
}

} // namespace

std::string WindowsGuest::packagePath() const { return "C:\\hotgate\\" + config_.package.filename().string(); }

Result<MachineReport> WindowsGuest::report() {
  HOTGATE_TRY(const json reply, agent().call("preflight", json::object(), after(callDeadline)));
  return parseMachineReport(reply);
}

Result<> WindowsGuest::restore() {
  HOTGATE_CHECK(startMachine());
  HOTGATE_TRY(const MachineReport found, report());
  HOTGATE_CHECK(checkPreflight(found, config_.release));
  std::vector<MachineFile> files{{setup().hotpatchImage, "hotpatch/" + module()}};
  if (config_.apply == WindowsConfig::Apply::package)
    files.push_back({config_.package, config_.package.filename().string()});
  return machine().copy(agent(), files, after(copyDeadline));
}

GuestSetup WindowsGuest::withService(GuestSetup setup, const std::string &service) {
  setup.config.serviceName = service;
  return setup;
}

Result<ServiceStatus> WindowsGuest::startService() {
  HOTGATE_TRY(ServiceStatus status, MachineGuest::startService());
  // All of them: the service may have been ready long before.
  lastEvent_ = 0;
  std::vector<ServiceEvent> events;
  for (const Deadline deadline = after(readyDeadline);;) {
    HOTGATE_TRY(const std::vector<ServiceEvent> more, readEvents());
    events.insert(events.end(), more.begin(), more.end());
    const GateState gate = eventGate(events_, events);
    if (gate.kind == GateState::Kind::ready)
      return status;
    if (gate.kind == GateState::Kind::labFault || Clock::now() + pause >= deadline)
      return failFault("service " + setup().config.serviceName, "event log " + events_.log, gate.text,
                       "set the role up on the machine (docs/windows-guests.md), and take the snapshot after that");
    std::this_thread::sleep_for(pause);
  }
}

Result<std::vector<ServiceEvent>> WindowsGuest::readEvents() {
  std::vector<ServiceEvent> events;
  for (size_t answers = 0; answers < mostEventAnswers; ++answers) {
    HOTGATE_TRY(const json reply,
                agent().call("events", {{"channel", events_.log}, {"provider", events_.source}, {"after", lastEvent_}},
                             after(callDeadline)));
    HOTGATE_TRY(const std::vector<ServiceEvent> some, parseEvents(reply));
    events.insert(events.end(), some.begin(), some.end());
    if (!some.empty())
      lastEvent_ = some.back().record;
    if (some.size() < mostEventsAtOnce)
      return events;
  }
  return failFault("Windows machine", "event log " + events_.log,
                   fmt::format("has more than {} events of the service", mostEventAnswers * mostEventsAtOnce),
                   "clear the log (wevtutil cl), and take the snapshot after that");
}

Result<std::vector<ServiceEvent>> WindowsGuest::newEvents() { return readEvents(); }

Result<bool> WindowsGuest::isOffered() {
  HOTGATE_TRY(const json reply, agent().call("scan", json::object(), after(scanDeadline)));
  HOTGATE_CHECK(countOf("scan", reply, "updates", mostUpdates));
  return std::ranges::any_of(reply["updates"], [this](const json &update) {
    const json &numbers = member(update, "kb");
    return std::ranges::find(numbers, json(config_.kb)) != numbers.end();
  });
}

Result<std::optional<MachineState>> WindowsGuest::machineState() {
  MachineState state;
  HOTGATE_TRY(state.report, report());
  if (config_.scans) {
    HOTGATE_TRY(state.offered, isOffered());
  }
  return state;
}

Result<> WindowsGuest::beginApply(int64_t pid) {
  packageRefused_ = false;
  pid_ = pid;
  if (config_.apply == WindowsConfig::Apply::loadPatch)
    return agent().begin("load-patch", {{"image", fmt::format("C:\\hotgate\\hotpatch\\{}", module())}},
                         after(callDeadline));
  HOTGATE_TRY(const ProgramCall call, installCall(packagePath()));
  return agent().begin("run",
                       {{"program", call.program},
                        {"arguments", call.arguments},
                        {"deadline_ms", std::chrono::milliseconds(packageDeadline).count()}},
                       after(packageDeadline + callDeadline));
}

Result<std::optional<AppliedPatch>> WindowsGuest::appliedYet() {
  const bool byPackage = config_.apply == WindowsConfig::Apply::package;
  HOTGATE_TRY(const std::optional<json> reply, agent().answeredYet(byPackage ? "run" : "load-patch"));
  if (!reply)
    return std::nullopt;
  if (byPackage) {
    HOTGATE_TRY(const uint32_t code, exitCodeOf(*reply));
    HOTGATE_CHECK(judge("apply", packageOutcome(code)));
  }
  HOTGATE_TRY(AppliedPatch patch, activePatch());
  return patch;
}

Result<> WindowsGuest::judge(const char *step, const PackageOutcome &outcome) {
  const InstallVerdict verdict = installVerdict(outcome);
  packageRefused_ = verdict == InstallVerdict::refused;
  if (verdict == InstallVerdict::installed)
    return {};
  return failFault("package " + config_.package.filename().string(),
                   packageRefused_ ? fmt::format("{}, status 0x{:08X}", step, outcome.code) : step, outcome.meaning,
                   outcome.next);
}

// Without an active patch in the process, nothing is redirected: the verification of the bytes then says where.
Result<AppliedPatch> WindowsGuest::activePatch() {
  HOTGATE_TRY(const json active, agent().call("active-patches", {{"pid", pid_}}, after(callDeadline)));
  HOTGATE_TRY(const size_t count, countOf("active-patches", active, "patches", mostPatches));
  if (count == 0)
    return AppliedPatch{};
  return agent().query(pid_, module(), after(callDeadline));
}

Result<PackageOutcome> WindowsGuest::runInstaller(const ProgramCall &call) {
  HOTGATE_TRY(const json reply, agent().call("run",
                                             {{"program", call.program},
                                              {"arguments", call.arguments},
                                              {"deadline_ms", std::chrono::milliseconds(packageDeadline).count()}},
                                             after(packageDeadline + callDeadline)));
  HOTGATE_TRY(const uint32_t code, exitCodeOf(reply));
  return packageOutcome(code);
}

Result<> WindowsGuest::restartMachine() {
  HOTGATE_TRY(const MachineReport before, report());
  HOTGATE_CHECK(agent().call("restart", json::object(), after(callDeadline)));
  for (const Deadline deadline = after(restartDeadline);;) {
    std::this_thread::sleep_for(pause);
    HOTGATE_CHECK(reconnect(deadline));
    // An answer of the machine that is still going down says nothing.
    const auto now = report();
    if (now && now->bootTime > before.bootTime + clockTolerance)
      return {};
    if (Clock::now() + pause >= deadline)
      return failFault("Windows machine", "restart", "it has not restarted within the deadline",
                       "look at its console; the run counts as a lab fault");
  }
}

Result<> WindowsGuest::undo(int64_t) {
  packageRefused_ = false;
  if (config_.apply == WindowsConfig::Apply::package) {
    HOTGATE_TRY(const PackageOutcome outcome, runInstaller(removeCall(config_.packageName)));
    HOTGATE_CHECK(judge("undo", outcome));
  }
  return restartMachine(); // a patch that was loaded without a package is gone after it
}

Result<ServiceStatus> WindowsGuest::restartUpdated() {
  packageRefused_ = false;
  if (config_.apply == WindowsConfig::Apply::loadPatch)
    return failFault("Windows machine", "restart",
                     "a patch that was loaded without its package is not there after a restart",
                     "give lab.yaml the KB's package");
  HOTGATE_TRY(const ProgramCall call, installCall(packagePath()));
  HOTGATE_TRY(const PackageOutcome outcome, runInstaller(call));
  HOTGATE_CHECK(judge("restart", outcome));
  HOTGATE_CHECK(restartMachine());
  return startService();
}

} // namespace hotgate::harness
