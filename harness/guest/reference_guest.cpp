// Limits: the server's processes are known by their names.
#include "harness/guest/reference_guest.h"

#include "harness/guest/ready_guest.h"
#include "support/sha256.h"

#include <ctime>
#include <fmt/ranges.h>
#include <sstream>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds bootDeadline{180}; // TCG on a busy machine; measured 5-15 s
constexpr seconds restoreDeadline{60};
constexpr seconds serverDeadline{60};
constexpr seconds callDeadline{30};
constexpr size_t commandNameLimit = 15; // TASK_COMM_LEN without its zero
constexpr size_t logLimit = 1U << 20U;
constexpr const char *logPath = "/tmp/reference.log";
constexpr const char *countersPath = "/run/hotgate-counters";
constexpr const char *startServer = "sh /hotgate/reference/start.sh";
constexpr const char *stopServer = "sh /hotgate/reference/stop.sh";
constexpr const char *environment = "export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C; ";

// The broadcast route: a DHCP server answers clients that have no address yet.
std::string networkScript(const Role &role) {
  return fmt::format("ip addr add {} dev eth0 && ip link set eth0 up && ip route add 255.255.255.255/32 dev eth0",
                     role.guestAddress);
}

std::string processNames(const Role &role) {
  std::vector<std::string> names;
  for (const std::string &name : role.reference->processes)
    names.push_back(name.substr(0, commandNameLimit));
  return fmt::format("{}", fmt::join(names, "|"));
}

// Runs `command` for each of the server's processes, as $p = /proc/PID.
std::string forEachProcess(const Role &role, const std::string &command) {
  return fmt::format("for p in /proc/[0-9]*; do case $(cat $p/comm 2>/dev/null) in {}) {};; esac; done; true",
                     processNames(role), command);
}

// Full paths: busybox' shell has a tc and a timeout of its own, which are others.
std::string breakingScript(Breakage breakage, const Role &role) {
  switch (breakage) {
  case Breakage::stopped:
    return stopServer;
  case Breakage::suspended:
    return forEachProcess(role, "kill -STOP ${p#/proc/}");
  case Breakage::wrongData:
    return "sh /hotgate/reference/break-wrong-data.sh";
  case Breakage::slow:
    return fmt::format("/sbin/tc qdisc add dev eth0 root netem delay {}ms", role.reference->slowMilliseconds);
  case Breakage::refusing:
    // A DHCP server reads its clients' broadcasts by a raw socket, before any filter: there the answer is dropped.
    return "nft -f - <<'RULES'\n"
           "table inet hotgate {\nchain input {\ntype filter hook input priority 0;\n"
           "iifname eth0 udp dport != 67 numgen inc mod 10 9 drop;\n"
           "iifname eth0 tcp flags & (syn | ack) == syn numgen inc mod 10 9 reject with tcp reset;\n}\n}\n"
           "table netdev hotgate {\nchain output {\ntype filter hook egress device eth0 priority 0;\n"
           "udp sport 67 numgen inc mod 10 9 drop;\n}\n}\n"
           "RULES\n";
  }
  return {};
}

// What the script printed belongs into the reason: the guest agent tells only the exit code.
Result<> runLogged(GuestAgent &files, const std::string &script, Deadline deadline) {
  auto ran = files.runScript(fmt::format("{}({}) >{} 2>&1 </dev/null", environment, script, logPath), deadline);
  if (ran)
    return {};
  Error error = std::move(ran).error();
  if (const auto said = files.readFile(logPath, logLimit, after(callDeadline)); said && !said->empty())
    error.reason += "; it printed: " + printable(*said, 1000);
  return Failure(std::move(error));
}

Result<> makeState(const GuestImage &image, const MachineShape &shape, const Role &role, const fs::path &state) {
  HOTGATE_TRY(Machine machine, Machine::boot(image, shape, after(bootDeadline)));
  GuestAgent files(machine.takeGuestAgent());
  HOTGATE_CHECK(awaitGuestAgent(machine, files, after(bootDeadline)));
  HOTGATE_CHECK(runLogged(files, networkScript(role), after(callDeadline)));
  HOTGATE_CHECK(runLogged(files, startServer, after(serverDeadline)));
  HOTGATE_CHECK(runLogged(files, stopServer, after(serverDeadline)));
  return machine.save(state, after(restoreDeadline));
}

} // namespace

std::string_view breakageName(Breakage breakage) {
  constexpr std::array<std::string_view, 5> names{"stopped", "suspended", "wrong-data", "slow", "refusing"};
  return names.at(static_cast<size_t>(breakage));
}

Result<ReferenceState> provideReferenceState(const fs::path &cache, const GuestLayer &layer, Accelerator accelerator,
                                             const Role &role, const Progress &progress) {
  ReferenceState reference{layer.image, {accelerator, role.reference->memoryMiB}, {}};
  HOTGATE_TRY(const std::string version, qemuVersion());
  const std::string identity = fmt::format("reference\n{}\n{}\n{}\n{}\n{}{}{}\n", version, layer.image.id,
                                           machineIdentity(layer.image, reference.shape), networkScript(role),
                                           environment, startServer, stopServer);
  HOTGATE_TRY(const fs::path entry,
              cacheEntry(cache, "guest-" + sha256Hex(identity).substr(0, 24), [&](const fs::path &folder) {
                progress(fmt::format("booting the guest with the server of role {} and saving it (once)", role.name));
                return makeState(layer.image, reference.shape, role, folder / "state");
              }));
  reference.state = entry / "state";
  return reference;
}

ReferenceGuest::ReferenceGuest(Machine machine, Role role)
    : machine_(std::move(machine)), files_(machine_.takeGuestAgent()), link_(machine_.takeLink()),
      role_(std::move(role)) {}

Result<ReferenceGuest> ReferenceGuest::restore(const ReferenceState &state, const Role &role) {
  const Deadline deadline = after(restoreDeadline);
  auto machine = Machine::restore(state.image, state.shape, state.state, deadline);
  if (!machine) {
    // Most likely the file is damaged; were it kept, every later run would fail too.
    (void)dropCacheEntry(state.state.parent_path());
    Error error = std::move(machine).error();
    error.next = "run it again: the saved guest was removed and is made anew";
    return Failure(std::move(error));
  }
  HOTGATE_CHECK(machine->resume(deadline));
  ReferenceGuest guest(*std::move(machine), role);
  // The saved clock is as old as the state; certificates and the time role depend on it.
  HOTGATE_CHECK(guest.files_.runScript(fmt::format("date -s @{}", std::time(nullptr)), deadline));
  return guest;
}

Result<> ReferenceGuest::run(const std::string &script, seconds limit) {
  return runLogged(files_, script, after(limit));
}

Result<> ReferenceGuest::start() { return run(startServer, serverDeadline); }

Result<> ReferenceGuest::startPeer(const std::string &name, const std::string &address) {
  return run(fmt::format("sh /hotgate/reference/start-peer.sh {} {}", name, address), serverDeadline);
}

Result<> ReferenceGuest::awaitPair() { return run("sh /hotgate/reference/await-pair.sh", serverDeadline); }

Result<> ReferenceGuest::killServer() { return run(forEachProcess(role_, "kill -KILL ${p#/proc/}"), serverDeadline); }

Result<> ReferenceGuest::breakIt(Breakage breakage) { return run(breakingScript(breakage, role_), serverDeadline); }

Result<ProcessCounters> ReferenceGuest::counters() {
  const std::string line = "echo $(awk '/^Private_Dirty/ { print $2 }' $p/smaps_rollup) $(ls $p/task | wc -l) "
                           "$(ls $p/fd | wc -l) $(sed 's/.*) //' $p/stat | cut -d' ' -f20) >> ";
  HOTGATE_CHECK(files_.runScript(fmt::format(": > {0}; {1}", countersPath, forEachProcess(role_, line + countersPath)),
                                 after(callDeadline)));
  HOTGATE_TRY(const std::string text, files_.readFile(countersPath, logLimit, after(callDeadline)));
  ProcessCounters sum;
  sum.handles = 0;
  std::istringstream lines(text);
  int64_t kilobytes = 0;
  int64_t threads = 0;
  int64_t handles = 0;
  int64_t startTime = 0;
  while (lines >> kilobytes >> threads >> handles >> startTime) {
    if (kilobytes < 0 || kilobytes > (int64_t{1} << 40U) || threads < 0 || handles < 0 || startTime < 0)
      return failFault("guest", countersPath, "has numbers that no process has",
                       "the run counts as a lab fault; run it again");
    sum.startTime = sum.alive ? std::min(sum.startTime, startTime) : startTime;
    sum.alive = true;
    sum.privateBytes += kilobytes * 1024;
    sum.threads += threads;
    *sum.handles += handles;
  }
  return sum;
}

Result<int> ReferenceGuest::inside(const std::string &command) {
  constexpr const char *codePath = "/run/hotgate-code";
  const auto limit = std::chrono::ceil<seconds>(role_.deadline);
  HOTGATE_CHECK(files_.runScript(fmt::format("{}/usr/bin/timeout {} sh -c {} >{} 2>&1 </dev/null; echo $? > {}",
                                             environment, limit.count(), shellQuoted(command), logPath, codePath),
                                 after(limit + callDeadline)));
  HOTGATE_TRY(const std::string text, files_.readFile(codePath, 16, after(callDeadline)));
  int code = -1;
  std::istringstream(text) >> code;
  return code;
}

} // namespace hotgate::harness
