// Limits: x64 guests; QEMU 7.2 or later, swtpm 0.7 or later. KVM is used where QEMU starts with it; a guest that then
// does not boot is a fault of the lab at the deadline (for our own guest a boot is tried; a user's image is too slow).
#include "harness/vm/image_machine.h"

#include "support/mapped_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr const char *program = "qemu-system-x86_64";
constexpr seconds pingPause{2};

// QEMU reads options as comma-separated lists; a comma inside a value is doubled.
std::string optionValue(const std::string &text) {
  std::string escaped;
  for (const char character : text)
    escaped.append(character == ',' ? 2 : 1, character);
  return escaped;
}

std::string descriptorPath(const FileDescriptor &file) { return fmt::format("/proc/self/fd/{}", file.get()); }

void append(std::vector<std::string> &line, std::initializer_list<std::string> arguments) {
  line.insert(line.end(), arguments);
}

Result<> checkFile(const fs::path &path, const char *what, const char *next) {
  std::error_code error;
  if (fs::is_regular_file(path, error))
    return {};
  return failInput(path.string(), "", fmt::format("{} is not there", what), next);
}

} // namespace

std::vector<std::string> imageMachineLine(const DiskImageConfig &config, const ImageMachineParts &parts) {
  std::vector<std::string> line{program, "-nodefaults", "-no-user-config", "-display", "none"};
  // smm: Secure Boot's variables are written in system management mode only.
  append(line, {"-M", "q35,smm=on", "-global", "ICH9-LPC.disable_s3=1"});
  // What a Windows guest expects of a hypervisor; host passes nested virtualization on, which VBS needs.
  if (parts.accelerator == Accelerator::kvm)
    append(line, {"-accel", "kvm", "-cpu", "host,hv-relaxed=on,hv-vapic=on,hv-time=on,hv-spinlocks=0x1fff"});
  else
    append(line, {"-accel", "tcg,thread=multi", "-cpu", "max"});
  append(line, {"-smp", std::to_string(config.processors), "-m", std::to_string(config.memoryMiB)});
  append(line, {"-rtc", "base=localtime", "-device", "VGA"}); // Windows reads the clock as local time
  if (!parts.variables.empty()) {
    append(line, {"-global", "driver=cfi.pflash01,property=secure,value=on"});
    append(line, {"-drive", fmt::format("if=pflash,unit=0,format=raw,readonly=on,file={}",
                                        optionValue(config.firmwareCode.string()))});
    append(line, {"-drive", fmt::format("if=pflash,unit=1,format=raw,file={}", optionValue(parts.variables))});
  }
  if (parts.tpm >= 0)
    append(line, {"-chardev", fmt::format("socket,id=tpm,fd={}", parts.tpm), "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                  "-device", "tpm-crb,tpmdev=tpm0"});
  append(line, {"-drive", fmt::format("file={},format=qcow2,if=none,id=disk,cache=unsafe", optionValue(parts.overlay)),
                "-device", "ide-hd,drive=disk,bus=ide.0"});
  append(line, {"-chardev", fmt::format("socket,id=monitor,fd={}", parts.monitor), "-mon",
                "chardev=monitor,mode=control", "-device", "virtio-serial-pci"});
  append(line, {"-chardev", fmt::format("socket,id=agent,fd={}", parts.agent), "-device",
                "virtserialport,chardev=agent,name=hotgate.agent"});
  append(line, {"-netdev", fmt::format("stream,id=link,addr.type=fd,addr.str={}", parts.link), "-device",
                "e1000e,netdev=link,romfile="});
  append(line, {"-sandbox", "on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny,spawn=deny"});
  return line;
}

ImageMachine::~ImageMachine() {
  qemu_.reset();
  tpm_.reset();
  std::error_code ignored;
  if (!tpmState_.empty())
    fs::remove_all(tpmState_, ignored);
}

// The file has a name only until it is open: it goes with QEMU and us, whatever way we end.
Result<> ImageMachine::makeOverlay(Deadline deadline) {
  std::string name = (work_ / "overlay-XXXXXX").string();
  const FileDescriptor made(mkstemp(name.data()));
  if (!made.isOpen())
    return failInput(work_.string(), "", fmt::format("no file can be made: {}", std::strerror(errno)),
                     "make the folder");
  auto tool = ChildProcess::start({.arguments = {"qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b",
                                                 fs::absolute(config_.disk).string(), name}});
  const auto code = tool ? tool->wait(deadline) : Result<int>(Failure(tool.error()));
  overlay_ = FileDescriptor(open(name.c_str(), O_RDWR | O_CLOEXEC));
  unlink(name.c_str());
  HOTGATE_CHECK(code);
  if (*code != 0 || !overlay_.isOpen())
    return failInput(config_.disk.string(), "", "no overlay can be made on it: " + tool->outputTail(),
                     "give a qcow2 image");
  return {};
}

Result<> ImageMachine::copyVariables() {
  HOTGATE_CHECK(checkFile(config_.firmwareCode, "the firmware", "install the Debian package ovmf"));
  HOTGATE_TRY(const MappedFile original, MappedFile::open(config_.firmwareVariables));
  variables_ = FileDescriptor(memfd_create("hotgate-firmware-variables", MFD_CLOEXEC));
  const auto bytes = original.bytes();
  if (!variables_.isOpen() || write(variables_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    return failFault(config_.firmwareVariables.string(), "", fmt::format("cannot be copied: {}", std::strerror(errno)),
                     "free memory");
  return {};
}

// Our end goes to QEMU.
Result<FileDescriptor> ImageMachine::startTpm() {
  std::string state = (work_ / "tpm-XXXXXX").string();
  if (mkdtemp(state.data()) == nullptr)
    return failInput(work_.string(), "", fmt::format("no folder can be made: {}", std::strerror(errno)),
                     "make the folder");
  tpm_.reset();
  if (std::error_code ignored; !tpmState_.empty())
    fs::remove_all(tpmState_, ignored);
  tpmState_ = state;
  HOTGATE_TRY(SocketPair control, makeSocketPair());
  HOTGATE_TRY(ChildProcess tpm,
              ChildProcess::start({.arguments = {"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--ctrl",
                                                 fmt::format("type=unixio,clientfd={}", control.theirs.get())},
                                   .inherited = {control.theirs.get()}}));
  tpm_.emplace(std::move(tpm));
  fcntl(control.ours.get(), F_SETFL, fcntl(control.ours.get(), F_GETFL) & ~O_NONBLOCK); // QEMU's side waits
  return std::move(control.ours);
}

Result<> ImageMachine::start(Deadline deadline) {
  HOTGATE_CHECK(checkFile(config_.disk, "the disk image", "name a qcow2 image in lab.yaml"));
  HOTGATE_CHECK(makeOverlay(deadline));
  if (!config_.firmwareCode.empty())
    HOTGATE_CHECK(copyVariables());
  accelerator_ = Accelerator::kvm;
  if (access("/dev/kvm", R_OK | W_OK) == 0 && launch(deadline))
    return {};
  accelerator_ = Accelerator::tcg;
  return launch(deadline);
}

Result<> ImageMachine::launch(Deadline deadline) {
  FileDescriptor tpm;
  if (config_.tpm) {
    HOTGATE_TRY(tpm, startTpm());
  }
  HOTGATE_TRY(SocketPair monitor, makeSocketPair());
  HOTGATE_TRY(SocketPair agent, makeSocketPair());
  HOTGATE_TRY(SocketPair link, makeSocketPair());
  ChildProcess::Options options;
  options.arguments = imageMachineLine(config_, {.accelerator = accelerator_,
                                                 .overlay = descriptorPath(overlay_),
                                                 .variables = variables_.isOpen() ? descriptorPath(variables_) : "",
                                                 .monitor = monitor.theirs.get(),
                                                 .agent = agent.theirs.get(),
                                                 .link = link.theirs.get(),
                                                 .tpm = tpm.get()});
  for (const FileDescriptor *each : {&overlay_, &variables_, &monitor.theirs, &agent.theirs, &link.theirs, &tpm})
    if (each->isOpen())
      options.inherited.push_back(each->get());
  HOTGATE_TRY(ChildProcess qemu, ChildProcess::start(options));
  qemu_.emplace(std::move(qemu));
  qmp_.emplace(std::move(monitor.ours));
  agent_ = std::move(agent.ours);
  link_.emplace(std::move(link.ours));
  monitor.theirs.close();
  if (auto greeted = qmp_->greet(deadline); !greeted)
    return failFault(program, "start", fmt::format("{}; it printed: {}", greeted.error().reason, outputTail()),
                     "see what it printed; the disk image and the firmware must be for x64");
  return {};
}

Result<Qmp *> ImageMachine::monitor() {
  if (!qmp_)
    return failFault(program, "", "the machine was not started", "start it");
  return &*qmp_;
}

// The port stays the same whenever the guest restarts; what an earlier agent still had to say is thrown away.
Result<FileDescriptor> ImageMachine::connect(Deadline deadline) {
  std::array<char, 65536> stale; // NOLINT: filled by recv
  for (;;) {
    while (recv(agent_.get(), stale.data(), stale.size(), MSG_DONTWAIT) > 0) {
    }
    ProcessAgent agent(FileDescriptor(dup(agent_.get())));
    const auto answered = agent.ping(std::min(deadline, after(seconds(10))));
    if (answered)
      return FileDescriptor(dup(agent_.get()));
    if (Clock::now() + pingPause >= deadline || !qemu_->isRunning())
      return failFault("guest", "boot",
                       fmt::format("no agent on the port hotgate.agent: {}; QEMU printed: {}", answered.error().reason,
                                   outputTail()),
                       "install the agent in the image (docs/windows-guests.md), or give the start more time");
    std::this_thread::sleep_for(pingPause);
  }
}

} // namespace hotgate::harness
