#include "harness/lab/vm_guest.h"

#include "harness/guest/linux_memory.h"
#include "support/mapped_file.h"

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds filesDeadline{60};
constexpr const char *guestFolder = "/hotgate/prefix/drive_c/hotgate";

} // namespace

std::string_view VmGuest::accelerator() const { return accelerator_ ? acceleratorName(*accelerator_) : ""; }

Result<> VmGuest::restore() {
  HOTGATE_CHECK(checkModuleName());
  HOTGATE_TRY(const GuestImage image, provideGuestImage(setup().cache, progress_));
  HOTGATE_TRY(accelerator_, chooseAccelerator(setup().cache, image, progress_));
  const MachineShape shape{*accelerator_, setup().config.memoryMiB};
  HOTGATE_TRY(const fs::path state, provideReadyState(setup().cache, image, shape, setup().agent, progress_));
  HOTGATE_TRY(ReadyGuest guest, restoreReadyGuest(image, shape, state));
  guest_.emplace(std::move(guest));
  link_.emplace(std::move(guest_->link));
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

Result<int64_t> VmGuest::findLinuxProcess(Deadline deadline) {
  return harness::findLinuxProcess(guest_->files, module(), deadline);
}

Result<int64_t> VmGuest::privateBytesOf(int64_t linuxPid, Deadline deadline) {
  return privateDirtyBytes(guest_->files, linuxPid, deadline);
}

} // namespace hotgate::harness
