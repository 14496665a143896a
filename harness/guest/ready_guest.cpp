#include "harness/guest/ready_guest.h"

#include "support/mapped_file.h"
#include "support/sha256.h"

#include <ctime>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds bootDeadline{120}; // TCG on a busy machine; measured 4-14 s
constexpr seconds probeDeadline{20}; // a guest under a KVM that works boots in 1-2 s
constexpr seconds wineDeadline{180}; // the first program in a cold guest; measured 13-27 s
constexpr seconds restoreDeadline{30};

// What the saved state holds beside the image and the agent: part of its key.
constexpr const char *environment = "export PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "
                                    "WINEPREFIX=/hotgate/prefix WINEDEBUG=-all; ";
constexpr const char *agentPath = "/hotgate/prefix/drive_c/hotgate/hotgate-agent.exe";
// wineserver -p stays when the last program ends. A virtio port opens once, so both directions share one descriptor.
constexpr const char *startAgent = "wineserver64 -p; cd /hotgate/prefix/drive_c/hotgate; "
                                   "exec 3<>/dev/virtio-ports/hotgate.agent; "
                                   "exec wine64 hotgate-agent.exe serve <&3 >&3 2>/tmp/agent.log";

ReadyGuest takeChannels(Machine machine) {
  GuestAgent files(machine.takeGuestAgent());
  ProcessAgent agent(machine.takeProcessAgent());
  FileDescriptor link = machine.takeLink();
  return {std::move(machine), std::move(files), std::move(agent), std::move(link)};
}

std::string hostIdentity() {
  utsname name{};
  uname(&name);
  std::string identity = name.release;
  std::ifstream processors("/proc/cpuinfo");
  for (std::string line; std::getline(processors, line);)
    if (line.starts_with("model name") || line.starts_with("flags"))
      identity += "\n" + line;
    else if (line.empty())
      break;
  return identity;
}

bool bootsUnderKvm(const GuestImage &image) {
  const Deadline deadline = after(probeDeadline);
  auto machine = Machine::boot(image, {.accelerator = Accelerator::kvm}, deadline);
  if (!machine)
    return false;
  ReadyGuest guest = takeChannels(*std::move(machine));
  return awaitGuestAgent(guest.machine, guest.files, deadline).has_value();
}

Result<> makeReadyState(const GuestImage &image, const MachineShape &shape, const MappedFile &agent,
                        const fs::path &state) {
  HOTGATE_TRY(Machine machine, Machine::boot(image, shape, after(bootDeadline)));
  ReadyGuest guest = takeChannels(std::move(machine));
  HOTGATE_CHECK(awaitGuestAgent(guest.machine, guest.files, after(bootDeadline)));
  HOTGATE_CHECK(guest.files.writeFile(agentPath, agent.bytes(), after(wineDeadline)));
  HOTGATE_CHECK(guest.files.startScript(std::string(environment) + startAgent, after(restoreDeadline)));
  if (auto answered = guest.agent.ping(after(wineDeadline)); !answered) {
    const auto said = guest.files.readFile("/tmp/agent.log", size_t{1} << 20U, after(restoreDeadline));
    return failFault("hotgate-agent", "start",
                     fmt::format("{}; it printed: {}", answered.error().reason, said ? printable(*said) : ""),
                     "check that the agent is a Windows x64 program");
  }
  return guest.machine.save(state, after(restoreDeadline));
}

} // namespace

Result<> awaitGuestAgent(Machine &machine, GuestAgent &files, Deadline deadline) {
  for (;;) {
    const auto answered = files.synchronize(std::min(deadline, after(seconds(2))));
    if (answered)
      return {};
    if (Clock::now() >= deadline || files.isBroken())
      return failFault("guest", "boot",
                       fmt::format("{}; its console: {}", answered.error().reason, machine.consoleTail()),
                       "run it again; if it stays, remove the cache folder");
  }
}

Result<Accelerator> chooseAccelerator(const fs::path &cache, const GuestImage &image, const Progress &progress) {
  if (access("/dev/kvm", R_OK | W_OK) != 0)
    return Accelerator::tcg;
  const std::string key =
      sha256Hex(image.id + "\n" + machineIdentity(image, {.accelerator = Accelerator::kvm}) + hostIdentity())
          .substr(0, 24);
  HOTGATE_TRY(const fs::path entry, cacheEntry(cache, "accelerator-" + key, [&](const fs::path &folder) -> Result<> {
                progress("trying whether a guest boots under KVM (once)");
                std::ofstream file(folder / "name");
                file << acceleratorName(bootsUnderKvm(image) ? Accelerator::kvm : Accelerator::tcg);
                file.close();
                if (!file)
                  return failInput(folder.string(), "", "cannot be written", "free space in the cache folder");
                return {};
              }));
  std::ifstream file(entry / "name");
  std::string name;
  file >> name;
  return name == acceleratorName(Accelerator::kvm) ? Accelerator::kvm : Accelerator::tcg;
}

Result<fs::path> provideReadyState(const fs::path &cache, const GuestImage &image, const MachineShape &shape,
                                   const fs::path &agent, const Progress &progress) {
  HOTGATE_TRY(const MappedFile agentFile, MappedFile::open(agent));
  HOTGATE_TRY(const std::string version, qemuVersion());
  std::string identity = fmt::format("{}\n{}\n{}\n{}\n{}{}\n", version, image.id, machineIdentity(image, shape),
                                     sha256Hex(agentFile.bytes()), environment, startAgent);
  if (shape.accelerator == Accelerator::kvm) // the guest has seen this processor
    identity += hostIdentity();
  HOTGATE_TRY(const fs::path entry,
              cacheEntry(cache, "guest-" + sha256Hex(identity).substr(0, 24), [&](const fs::path &folder) {
                progress("booting the guest and saving it ready (about half a minute, once)");
                return makeReadyState(image, shape, agentFile, folder / "state");
              }));
  return entry / "state";
}

Result<ReadyGuest> restoreReadyGuest(const GuestImage &image, const MachineShape &shape, const fs::path &state) {
  const Deadline deadline = after(restoreDeadline);
  auto machine = Machine::restore(image, shape, state, deadline);
  if (!machine) {
    // Most likely the file is damaged; were it kept, every later run would fail too.
    (void)dropCacheEntry(state.parent_path());
    Error error = std::move(machine).error();
    error.next = "run it again: the saved guest was removed and is made anew";
    return Failure(std::move(error));
  }
  HOTGATE_CHECK(machine->resume(deadline));
  ReadyGuest guest = takeChannels(*std::move(machine));
  // The saved clock is as old as the state; leases depend on it.
  HOTGATE_CHECK(guest.files.runScript(fmt::format("date -s @{}", std::time(nullptr)), deadline));
  HOTGATE_CHECK(guest.agent.ping(deadline));
  return guest;
}

} // namespace hotgate::harness
