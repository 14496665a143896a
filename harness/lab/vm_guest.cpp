#include "harness/lab/vm_guest.h"

#include "harness/guest/linux_memory.h"
#include "support/mapped_file.h"
#include "support/output_file.h"

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds filesDeadline{60};
constexpr std::chrono::seconds keepDeadline{60};   // measured 0.3 s, and 1 s with a dump
constexpr std::chrono::seconds keptLogDeadline{5}; // the guest may hang
constexpr size_t keptLogLimit = size_t{1} << 20U;
constexpr const char *guestFolder = "/hotgate/prefix/drive_c/hotgate";

} // namespace

std::string_view VmGuest::accelerator() const { return accelerator_ ? acceleratorName(*accelerator_) : ""; }

Result<> VmGuest::restore() {
  HOTGATE_CHECK(checkModuleName());
  HOTGATE_TRY(GuestImage image, provideGuestImage(setup().cache, progress_));
  HOTGATE_TRY(accelerator_, chooseAccelerator(setup().cache, image, progress_));
  const MachineShape shape{*accelerator_, setup().config.memoryMiB};
  HOTGATE_TRY(const fs::path state, provideReadyState(setup().cache, image, shape, setup().agent, progress_));
  HOTGATE_TRY(ReadyGuest guest, restoreReadyGuest(image, shape, state));
  {
    const std::lock_guard lock(standing_);
    guest_.emplace(std::move(guest));
    link_.emplace(std::move(guest_->link));
    recorded_.emplace(*link_);
    image_ = std::move(image);
  }
  HOTGATE_CHECK(copyFiles());
  return installService(guest_->agent);
}

Result<> VmGuest::copyFiles() {
  HOTGATE_TRY(const MappedFile base, MappedFile::open(setup().preImage));
  HOTGATE_TRY(const MappedFile hotpatch, MappedFile::open(setup().hotpatchImage));
  HOTGATE_TRY(const MappedFile post, MappedFile::open(setup().postImage));
  const Deadline deadline = after(filesDeadline);
  GuestAgent &files = guest_->files;
  HOTGATE_CHECK(files.writeFile(fmt::format("{}/{}", guestFolder, module()), base.bytes(), deadline));
  // The broadcast route: a DHCP server answers clients that have no address yet.
  HOTGATE_CHECK(
      files.runScript(fmt::format("mkdir {0}/hotpatch {0}/post && ip addr add {1} dev eth0 && ip link set eth0 up && "
                                  "ip route add 255.255.255.255/32 dev eth0",
                                  guestFolder, setup().address),
                      deadline));
  HOTGATE_CHECK(files.writeFile(fmt::format("{}/hotpatch/{}", guestFolder, module()), hotpatch.bytes(), deadline));
  return files.writeFile(fmt::format("{}/post/{}", guestFolder, module()), post.bytes(), deadline);
}

// What cannot be had of a guest that hangs is said and left out: its state is what matters.
Result<> VmGuest::keep(const KeepRequest &request) {
  HOTGATE_CHECK(makeKeptFolder(request.folder));
  if (!guest_)
    return writeKept(request.folder, std::nullopt, {"the guest was never ready"});
  std::vector<std::string> missing;
  const auto printed = guest_->files.readFile("/tmp/agent.log", keptLogLimit, after(keptLogDeadline));
  if (printed)
    HOTGATE_CHECK(writeFile(request.folder / "agent.txt", printableLines(*printed)));
  else
    missing.push_back("agent.txt: " + printed.error().message());
  return keepMachine(request, std::move(missing));
}

// QEMU's monitor and its output belong to nobody else once the guest is restored.
Result<> VmGuest::keepBusy(const KeepRequest &request) {
  HOTGATE_CHECK(makeKeptFolder(request.folder));
  const std::lock_guard lock(standing_);
  if (!guest_)
    return writeKept(request.folder, std::nullopt, {"the guest was not ready yet"});
  return keepMachine(request, {"agent.txt: the run was in the middle of a call to the guest"});
}

Result<> VmGuest::keepMachine(const KeepRequest &request, std::vector<std::string> missing) {
  HOTGATE_CHECK(writeFrames(request.folder, recorded_->frames()));
  HOTGATE_CHECK(writeFile(request.folder / "console.txt", guest_->machine.consoleTail(keptLogLimit) + "\n"));
  const Deadline deadline = after(keepDeadline);
  std::optional<KeptMachine> machine;
  if (const auto saved = guest_->machine.snapshot(request.folder / keptStateName, deadline); saved) {
    HOTGATE_TRY(std::string version, qemuVersion());
    machine = KeptMachine{image_, {*accelerator_, setup().config.memoryMiB}, std::move(version)};
  } else {
    missing.push_back("state: " + saved.error().message());
  }
  if (request.withMemoryDump)
    if (const auto dumped = guest_->machine.dumpMemory(request.folder / "memory.elf", deadline); !dumped)
      missing.push_back("memory.elf: " + dumped.error().message());
  (void)guest_->machine.resume(deadline); // a machine that is gone shows in the next step
  return writeKept(request.folder, machine, missing);
}

Result<int64_t> VmGuest::findLinuxProcess(Deadline deadline) {
  return harness::findLinuxProcess(guest_->files, module(), deadline);
}

Result<int64_t> VmGuest::privateBytesOf(int64_t linuxPid, Deadline deadline) {
  return privateDirtyBytes(guest_->files, linuxPid, deadline);
}

} // namespace hotgate::harness
