#include "harness/lab/lab.h"

#include "harness/lab/lab_sequence.h"
#include "harness/lab/probe_factory.h"
#include "harness/lab/vm_guest.h"
#include "harness/lab/windows_guest.h"
#include "harness/lab/wine_guest.h"
#include "support/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace hotgate::harness {

namespace {

// A file that lab.yaml names, before minutes of work and not behind them.
Result<> checkNamed(const std::filesystem::path &file, const char *key) {
  if (file.empty() || access(file.c_str(), R_OK) == 0)
    return {};
  return failInput(file.string(), key, fmt::format("cannot be read: {}", std::strerror(errno)),
                   "correct the path in lab.yaml; it is relative to that file");
}

Result<> checkMachineFiles(const MachineConfig &machine) {
  if (machine.ssh) {
    HOTGATE_CHECK(checkNamed(machine.ssh->identity, "ssh.identity"));
    HOTGATE_CHECK(checkNamed(machine.ssh->knownHosts, "ssh.known_hosts"));
  }
  if (machine.image)
    HOTGATE_CHECK(checkNamed(machine.image->disk, "image.disk"));
  return machine.windows ? checkNamed(machine.windows->package, "windows.package") : Result<>();
}

} // namespace

Result<> checkLabHost(Provider provider, const MachineConfig &machine) {
  if (provider == Provider::qemu) {
    HOTGATE_CHECK(qemuVersion());
  } else if (provider == Provider::wineHost && findProgram("unshare").empty()) {
    return failInput("unshare", "", "not found in PATH", "install util-linux");
  } else if (provider == Provider::ssh && (findProgram("ssh").empty() || findProgram("sftp").empty())) {
    return failInput("ssh", "", "ssh or sftp not found in PATH", "install openssh-client");
  }
  return checkMachineFiles(machine);
}

namespace {

// nullptr for Hotgate's own guests.
std::unique_ptr<AgentMachine> makeMachine(const GuestSetup &setup) {
  const MachineConfig &machine = setup.config.machine;
  if (machine.ssh)
    return std::make_unique<SshMachine>(*machine.ssh, setup.agent);
  if (machine.libvirt)
    return std::make_unique<LibvirtMachine>(*machine.libvirt);
  if (machine.image)
    return std::make_unique<ImageMachine>(*machine.image, std::filesystem::temp_directory_path());
  return nullptr;
}

std::unique_ptr<Guest> makeGuest(GuestSetup setup, const Role &role, const std::filesystem::path &tap,
                                 const Progress &progress) {
  if (auto machine = makeMachine(setup)) {
    if (const std::optional<WindowsConfig> windows = setup.config.machine.windows)
      return std::make_unique<WindowsGuest>(std::move(setup), role, *windows, std::move(machine));
    return std::make_unique<MachineGuest>(std::move(setup), std::move(machine));
  }
  if (setup.config.provider == Provider::wineHost)
    return std::make_unique<WineGuest>(std::move(setup), tap, progress);
  return std::make_unique<VmGuest>(std::move(setup), progress);
}

} // namespace

Result<> runLab(const LabRequest &request, facts::Database &facts,
                const std::function<void(std::string_view)> &progress) {
  const std::filesystem::path roleFile = request.installation.roles / (request.role + ".yaml");
  HOTGATE_TRY(const Role role, readRole(roleFile));
  LabConfig config = request.config;
  if (config.soak.requests == 0)
    config.soak.requests = role.soak.transactions;
  if (config.soak.clients == 0)
    config.soak.clients = role.soak.clients;
  // Whatever is wrong with the files is said before a guest is built or started.
  HOTGATE_CHECK(checkLabHost(config.provider, config.machine));
  HOTGATE_TRY(const ProbeFactory makeProbe, probeFactory(roleFile, role, config.witness, config.soak,
                                                         {request.installation.client, request.installation.tap}));
  HOTGATE_CHECK(MappedFile::open(request.hotpatchImage));
  HOTGATE_CHECK(MappedFile::open(request.postImage));
  HOTGATE_CHECK(MappedFile::open(request.installation.agent));
  const std::string module = request.preImage.filename().string();
  HOTGATE_TRY(std::vector<PredictedWrite> writes, predictedWrites(facts, module));
  // Where Windows maps the hotpatch image in a process is not published: only the base's bytes are verified there.
  if (request.config.machine.windows)
    std::erase_if(writes, [](const PredictedWrite &write) { return write.inHotpatch; });

  HOTGATE_TRY(LabRecords records, LabRecords::begin(facts, request.role, module, providerName(config.provider)));
  HOTGATE_CHECK(records.quarantine(request.role, config.quarantine));
  const auto guest = makeGuest({.cache = request.installation.cache,
                                .agent = request.installation.agent,
                                .preImage = request.preImage,
                                .hotpatchImage = request.hotpatchImage,
                                .postImage = request.postImage,
                                .address = role.guestAddress,
                                .config = config},
                               role, request.installation.tap, progress);
  const KeptInSight inSight(request.keeper, *guest);
  if (request.keeper != nullptr)
    records.onFirstFailure([&] {
      progress("keeping the guest's state");
      // The run's facts are worth more than the guest: it goes on.
      if (const auto kept = request.keeper->keepFailed(); !kept)
        progress("the guest was not kept: " + kept.error().message());
    });
  return LabSequence(*guest, role, makeProbe, config, writes, records, progress).run();
}

} // namespace hotgate::harness
