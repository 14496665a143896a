// Ways that wait for deadlines run side by side; the control and the sound run, whose latencies are compared, run
// alone.
#include "harness/lab/reference_run.h"

#include "harness/guest/ready_guest.h"
#include "harness/guest/reference_guest.h"
#include "harness/lab/failover.h"
#include "harness/lab/lab_records.h"
#include "harness/lab/probe_factory.h"
#include "harness/monitor/latency.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace hotgate::harness {
namespace {

// Enough for a tenth that is refused to come up, and for latencies to be compared.
constexpr int64_t soakRequests = 80;
constexpr size_t atOnce = 3;

struct Measured {
  ProbeReport smoke;
  std::optional<SoakReport> soak; // not asked for when the smoke had told
  ProcessCounters before;
  ProcessCounters after;
};

class ReferenceRun {
public:
  using Say = std::function<void(std::string_view)>;
  ReferenceRun(Role role, std::optional<DhcpRole> pair, ReferenceState state, ProbeFactory makeProbe,
               const Say &progress)
      : role_(std::move(role)), pair_(std::move(pair)), state_(std::move(state)), makeProbe_(std::move(makeProbe)),
        progress_(progress) {}

  Result<std::vector<ReferenceWay>> run() {
    HOTGATE_TRY(control_, measure("control", std::nullopt));
    HOTGATE_CHECK(checkControl());
    HOTGATE_TRY(ReferenceWay sound, way("sound", std::nullopt));
    std::vector<ReferenceWay> ways;
    ways.push_back(std::move(sound));
    HOTGATE_CHECK(breakAll(ways));
    // One after the other: halves of a pair take each other for dead on a machine that is too busy.
    if (pair_)
      for (const FailoverWay each : allFailoverWays) {
        HOTGATE_TRY(ReferenceWay way, pairWay(each));
        ways.push_back(std::move(way));
      }
    return ways;
  }

private:
  void say(const std::string &way, const char *step) {
    const std::scoped_lock lock(mutex_);
    progress_(fmt::format("{}: {}", way, step));
  }

  Result<Measured> measure(const std::string &name, std::optional<Breakage> breakage) {
    say(name, "restore");
    HOTGATE_TRY(ReferenceGuest guest, ReferenceGuest::restore(state_, role_));
    HOTGATE_CHECK(guest.start());
    HOTGATE_TRY(const auto probe, makeProbe_(guest.link()));
    say(name, "health");
    HOTGATE_TRY(const ProbeReport health, probe->health());
    if (!health.fault.empty())
      return failFault("reference server of role " + role_.name, "health", health.fault,
                       "see start.sh and customize.sh of the role's reference");
    Measured measured;
    HOTGATE_TRY(measured.before, guest.counters());
    if (breakage)
      HOTGATE_CHECK(guest.breakIt(*breakage));
    // Other content may need a restart, which is not what is to be seen.
    if (breakage == Breakage::wrongData) {
      HOTGATE_TRY(measured.before, guest.counters());
    }
    say(name, "smoke");
    HOTGATE_TRY(measured.smoke, probe->smoke());
    HOTGATE_CHECK(askInside(guest, measured.smoke));
    if (measured.smoke.fault.empty()) {
      say(name, "soak");
      HOTGATE_TRY(measured.soak, probe->soak([](int64_t) { return Result<>(); }));
    }
    HOTGATE_TRY(measured.after, guest.counters());
    return measured;
  }

  Result<> askInside(ReferenceGuest &guest, ProbeReport &smoke) {
    constexpr int timedOut = 124; // of timeout(1)
    if (!smoke.fault.empty())
      return {};
    for (const auto &[name, command] : role_.reference->inside) {
      const auto begin = Clock::now();
      HOTGATE_TRY(const int code, guest.inside(command));
      ExchangeTally &tally = smoke.tallies["inside-" + name];
      ++tally.sent;
      if (code == timedOut)
        continue;
      ++tally.answered;
      tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
      if (code != 0) {
        ++tally.wrong;
        tally.firstWrong = fmt::format("expected exit code 0 of the command in the guest, got {}", code);
      }
    }
    smoke.fault = firstFault(smoke.tallies);
    return {};
  }

  Result<> checkControl() {
    const std::string fault = !control_.smoke.fault.empty() ? control_.smoke.fault
                              : control_.soak               ? control_.soak->fault
                                                            : "";
    if (fault.empty())
      return {};
    return failFault("reference server of role " + role_.name, "control", fault,
                     "make the sound server pass: its recipe, the role's settings or its client is wrong");
  }

  // The whole pair is the control of the half that is left.
  Result<ReferenceWay> pairWay(FailoverWay each) {
    const std::string name(failoverWayName(each));
    say(name, "pair");
    HOTGATE_TRY(FailoverReport report, runFailover(state_, *pair_, each));
    if (const std::string fault = firstFault(report.whole); !fault.empty())
      return failFault("reference server of role " + role_.name, name, fault,
                       "make the whole pair pass: see start-peer.sh and customize.sh of the role's reference");
    std::string told = firstFault(report.alone);
    const Measured control{{std::move(report.whole), "", ""}, std::nullopt, report.before, report.before};
    const Measured alone{{std::move(report.alone), told, ""}, std::nullopt, report.before, report.after};
    HOTGATE_TRY(facts::Database facts, factsOf(control, alone));
    return ReferenceWay{name, each != FailoverWay::spare, std::move(told), "smoke", std::move(facts)};
  }

  Result<> record(LabRecords &records, Phase phase, const Measured &measured) const {
    HOTGATE_CHECK(records.probes(phase, Step::smoke, measured.smoke.tallies, role_.deadline));
    HOTGATE_CHECK(records.step(phase, Step::smoke, measured.smoke.fault.empty() ? StepOutcome::ok : StepOutcome::failed,
                               measured.smoke.fault));
    // The process has no number of its own: a server may be several processes.
    constexpr int64_t pid = 1;
    HOTGATE_CHECK(records.process(phase, Step::health, {"running", pid}, pid, measured.before));
    if (measured.soak) {
      HOTGATE_CHECK(records.probes(phase, Step::soak, measured.soak->tallies, role_.deadline));
      HOTGATE_CHECK(records.step(phase, Step::soak,
                                 measured.soak->fault.empty() ? StepOutcome::ok : StepOutcome::failed,
                                 measured.soak->fault));
    }
    if (phase == Phase::control)
      return {};
    const ProcessCounters &after = measured.after;
    return records.process(phase, Step::soak, {after.alive ? "running" : "stopped", pid}, pid, after);
  }

  Result<ReferenceWay> way(const std::string &name, std::optional<Breakage> breakage) {
    HOTGATE_TRY(const Measured measured, measure(name, breakage));
    // One process lives through a lab run; here each phase had a guest of its own.
    Measured control = control_;
    control.before.startTime = measured.before.startTime;
    HOTGATE_TRY(facts::Database facts, factsOf(control, measured));
    std::string told = !measured.smoke.fault.empty() || !measured.soak ? measured.smoke.fault : measured.soak->fault;
    return ReferenceWay{name, !breakage, std::move(told), measured.soak ? "soak" : "smoke", std::move(facts)};
  }

  Result<facts::Database> factsOf(const Measured &control, const Measured &measured) const {
    HOTGATE_TRY(facts::Database facts, facts::Database::create(":memory:"));
    // Rules ask what is judged; here it is no KB.
    HOTGATE_CHECK(facts.execute("INSERT INTO kb VALUES ('reference', 'hotpatch', '')"));
    HOTGATE_TRY(LabRecords records, LabRecords::begin(facts, role_.name, role_.reference->layer, "reference"));
    HOTGATE_CHECK(record(records, Phase::control, control));
    HOTGATE_CHECK(record(records, Phase::patched, measured));
    if (measured.soak && control.soak)
      for (const auto &[exchange, tally] : measured.soak->tallies)
        if (const auto found = control.soak->tallies.find(exchange); found != control.soak->tallies.end())
          if (const auto shift = latencyShift(found->second.milliseconds, tally.milliseconds))
            HOTGATE_CHECK(records.latency(exchange, *shift));
    HOTGATE_CHECK(records.finishCompleted(acceleratorName(state_.shape.accelerator)));
    return facts;
  }

  Result<> breakAll(std::vector<ReferenceWay> &ways) {
    std::vector<std::optional<Result<ReferenceWay>>> broken(allBreakages.size());
    std::atomic<size_t> next = 0;
    // A guest ends with the thread that started it, so each is measured on one.
    std::vector<std::thread> threads;
    for (size_t thread = 0; thread < atOnce; ++thread)
      threads.emplace_back([&] {
        // The last first: a server that is slow takes longest.
        for (size_t begun = next++; begun < broken.size(); begun = next++) {
          const size_t at = broken.size() - 1 - begun;
          broken[at] = way(std::string(breakageName(allBreakages[at])), allBreakages[at]);
        }
      });
    for (std::thread &thread : threads)
      thread.join();
    for (auto &each : broken) {
      HOTGATE_TRY(ReferenceWay way, *std::move(each));
      ways.push_back(std::move(way));
    }
    return {};
  }

  Role role_;
  std::optional<DhcpRole> pair_;
  ReferenceState state_;
  ProbeFactory makeProbe_;
  const Say &progress_;
  std::mutex mutex_;
  Measured control_;
};

// "@certificate.pem": what the layer's recipe exported under this name.
Result<> fillSettings(Role &role, const GuestLayer &layer) {
  for (auto &[name, value] : role.settings) {
    if (!value.starts_with('@'))
      continue;
    const auto exported = layer.exports.find(value.substr(1));
    if (exported == layer.exports.end())
      return failUsage(role.name + ".yaml", "settings." + name,
                       fmt::format("the reference {} exports no {}", role.reference->layer, value.substr(1)),
                       "have customize.sh leave the file in /hotgate/export");
    value = exported->second;
  }
  return {};
}

} // namespace

Result<std::vector<ReferenceWay>> runReference(const ReferenceRequest &request,
                                               const std::function<void(std::string_view)> &progress) {
  const LabInstallation &installation = request.installation;
  const std::filesystem::path roleFile = installation.roles / (request.role + ".yaml");
  HOTGATE_TRY(Role role, readRole(roleFile));
  if (!role.reference)
    return failUsage(roleFile.string(), "reference", "the role has no reference server",
                     "run it against a Windows guest, or add one: docs/how-to-add-a-role.md");
  role.smoke.insert(role.smoke.end(), role.reference->smoke.begin(), role.reference->smoke.end());
  HOTGATE_TRY(const GuestImage base, provideGuestImage(installation.cache, progress));
  HOTGATE_TRY(const Accelerator accelerator, chooseAccelerator(installation.cache, base, progress));
  HOTGATE_TRY(
      const GuestLayer layer,
      provideGuestLayer(installation.cache, base, installation.roles / "reference" / role.reference->layer, progress));
  HOTGATE_CHECK(fillSettings(role, layer));
  HOTGATE_TRY(const ReferenceState state,
              provideReferenceState(installation.cache, layer, accelerator, role, progress));
  HOTGATE_TRY(ProbeFactory makeProbe,
              probeFactory(roleFile, role, {.kind = role.witness, .relayOption = {}, .exchange = {}},
                           {.requests = soakRequests, .clients = role.soak.clients},
                           {installation.client, installation.tap}));
  std::optional<DhcpRole> pair;
  if (!role.reference->secondAddress.empty()) {
    HOTGATE_TRY(pair, readDhcpRole(roleFile));
  }
  return ReferenceRun(role, std::move(pair), state, std::move(makeProbe), progress).run();
}

} // namespace hotgate::harness
