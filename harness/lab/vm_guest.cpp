#include "harness/lab/vm_guest.h"

#include "harness/guest/linux_memory.h"
#include "support/mapped_file.h"

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// The one place of the control channels' deadlines. Under TCG the first start of a service takes some seconds; a call
// to the agent takes milliseconds, but it shares two emulated processors with a service under load.
constexpr seconds filesDeadline{60};
constexpr seconds serviceDeadline{60};
constexpr seconds callDeadline{20};
constexpr seconds patchDeadline{30};

constexpr const char *guestFolder = "/hotgate/prefix/drive_c/hotgate";
constexpr const char *windowsFolder = "C:\\hotgate";

// The name goes into guest paths and a shell script; a real module's name is this plain.
bool isPlainName(const std::string &name) {
  return !name.empty() && name.front() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

} // namespace

std::string_view VmGuest::accelerator() const { return accelerator_ ? acceleratorName(*accelerator_) : ""; }

Result<> VmGuest::restore() {
  module_ = setup_.preImage.filename().string();
  if (!isPlainName(module_))
    return failInput(setup_.preImage.string(), "", "the file name has characters that no module's has",
                     "rename the image");
  HOTGATE_TRY(const GuestImage image, provideGuestImage(setup_.cache, progress_));
  HOTGATE_TRY(accelerator_, chooseAccelerator(setup_.cache, image, progress_));
  const MachineShape shape{*accelerator_, setup_.config.memoryMiB};
  HOTGATE_TRY(const fs::path state, provideReadyState(setup_.cache, image, shape, setup_.agent, progress_));
  HOTGATE_TRY(ReadyGuest guest, restoreReadyGuest(image, shape, state));
  guest_.emplace(std::move(guest));
  link_.emplace(std::move(guest_->link));
  return install();
}

Result<> VmGuest::install() {
  HOTGATE_TRY(const MappedFile base, MappedFile::open(setup_.preImage));
  HOTGATE_TRY(const MappedFile hotpatch, MappedFile::open(setup_.hotpatchImage));
  const Deadline deadline = after(filesDeadline);
  GuestAgent &files = guest_->files;
  HOTGATE_CHECK(files.writeFile(fmt::format("{}/{}", guestFolder, module_), base.bytes(), deadline));
  // The broadcast route: a DHCP server answers clients that have no address yet.
  HOTGATE_CHECK(files.runScript(fmt::format("mkdir {0}/hotpatch && ip addr add {1} dev eth0 && ip link set eth0 up && "
                                            "ip route add 255.255.255.255/32 dev eth0",
                                            guestFolder, setup_.address),
                                deadline));
  HOTGATE_CHECK(files.writeFile(fmt::format("{}/hotpatch/{}", guestFolder, module_), hotpatch.bytes(), deadline));
  return guest_->agent.installService(setup_.config.serviceName, fmt::format("{}\\{}", windowsFolder, module_),
                                      setup_.config.serviceArguments, after(serviceDeadline));
}

Result<ServiceStatus> VmGuest::startService() {
  return guest_->agent.startService(setup_.config.serviceName, after(serviceDeadline));
}

Result<ServiceStatus> VmGuest::queryService() {
  return guest_->agent.queryService(setup_.config.serviceName, after(callDeadline));
}

Result<ProcessCounters> VmGuest::counters(int64_t pid) {
  const Deadline deadline = after(callDeadline);
  HOTGATE_TRY(ProcessCounters counters, guest_->agent.counters(pid, deadline));
  if (!counters.alive)
    return counters;
  const auto measured = privateBytes(pid, deadline);
  if (measured) {
    counters.privateBytes = *measured;
    return counters;
  }
  // It may have ended between the two questions.
  HOTGATE_TRY(const ProcessCounters again, guest_->agent.counters(pid, deadline));
  if (again.alive)
    return Failure(measured.error());
  return again;
}

Result<int64_t> VmGuest::privateBytes(int64_t pid, Deadline deadline) {
  if (pid != linuxProcessOf_) {
    HOTGATE_TRY(linuxPid_, findLinuxProcess(guest_->files, module_, deadline));
    linuxProcessOf_ = pid;
  }
  return privateDirtyBytes(guest_->files, linuxPid_, deadline);
}

Result<AppliedPatch> VmGuest::apply(int64_t pid) {
  return guest_->agent.apply(pid, module_, fmt::format("{}\\hotpatch\\{}", windowsFolder, module_),
                             after(patchDeadline));
}

Result<> VmGuest::undo(int64_t pid) { return guest_->agent.undo(pid, module_, after(patchDeadline)); }

Result<std::vector<uint8_t>> VmGuest::read(int64_t pid, uint32_t rva, uint32_t size) {
  return guest_->agent.read(pid, module_, rva, size, after(callDeadline));
}

} // namespace hotgate::harness
