// Limits: QEMU 7.2 or later (-netdev stream over an inherited descriptor), x64 guests.
#include "harness/vm/machine.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <thread>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char *program = "qemu-system-x86_64";

// Under TCG, smap=off: with it the guest kernel oopses as soon as wine runs (QEMU 7.2).
std::vector<std::string> acceleratorArguments(Accelerator accelerator) {
  if (accelerator == Accelerator::kvm)
    return {"-accel", "kvm", "-cpu", "host"};
  return {"-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max,smap=off"};
}

const std::vector<std::string> &machineLine() {
  static const std::vector<std::string> line = {
      "-M", "q35,graphics=off", "-smp", "2", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
      // The console goes to QEMU's output, of which ChildProcess keeps a bounded part in memory.
      "-serial", "stdio"};
  return line;
}

// nokaslr and tsc=reliable: the same boot every time, and no clock watchdog under emulation.
constexpr const char *kernelLine = "console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable audit=0";
constexpr const char *layerWord = " hotgate.layer"; // vm/recipe/initrd-init.sh waits for the second disk

// QEMU reads options as comma-separated lists; a comma inside a value is doubled.
std::string optionValue(const fs::path &path) {
  std::string escaped;
  for (const char character : path.string())
    escaped.append(character == ',' ? 2 : 1, character);
  return escaped;
}

void append(std::vector<std::string> &line, std::initializer_list<std::string> arguments) {
  line.insert(line.end(), arguments);
}

void appendDisk(std::vector<std::string> &line, const char *name, const fs::path &image) {
  append(line,
         {"-drive", fmt::format("file={},format=raw,if=none,id={},readonly=on,cache=unsafe", optionValue(image), name),
          "-device", fmt::format("virtio-blk-pci,drive={}", name)});
}

// QEMU's ends of the channels.
struct Ends {
  int monitor = -1;
  int guestAgent = -1;
  int processAgent = -1;
  int link = -1;
};

std::vector<std::string> commandLine(const GuestImage &image, const MachineShape &shape, const Ends &ends) {
  std::vector<std::string> line = {program};
  for (const std::string &argument : acceleratorArguments(shape.accelerator))
    line.push_back(argument);
  line.insert(line.end(), machineLine().begin(), machineLine().end());
  append(line,
         {"-m", std::to_string(shape.memoryMiB), "-kernel", image.kernel.string(), "-initrd", image.initrd.string()});
  append(line, {"-append", kernelLine + std::string(image.layer.empty() ? "" : layerWord)});
  appendDisk(line, "root", image.root);
  if (!image.layer.empty())
    appendDisk(line, "layer", image.layer);
  append(line, {"-chardev", fmt::format("socket,id=monitor,fd={}", ends.monitor), "-mon",
                "chardev=monitor,mode=control", "-device", "virtio-serial-pci"});
  append(line, {"-chardev", fmt::format("socket,id=guestagent,fd={}", ends.guestAgent), "-device",
                "virtserialport,chardev=guestagent,name=org.qemu.guest_agent.0"});
  append(line, {"-chardev", fmt::format("socket,id=processagent,fd={}", ends.processAgent), "-device",
                "virtserialport,chardev=processagent,name=hotgate.agent"});
  append(line, {"-netdev", fmt::format("stream,id=link,addr.type=fd,addr.str={}", ends.link), "-device",
                "virtio-net-pci,netdev=link,romfile="});
  return line;
}

} // namespace

std::string_view acceleratorName(Accelerator accelerator) { return accelerator == Accelerator::kvm ? "kvm" : "tcg"; }

Result<std::string> qemuVersion() {
  auto started = ChildProcess::start({.arguments = {program, "--version"}});
  if (!started) {
    if (started.error().kind == ErrorKind::input)
      return failInput(program, "", "not found in PATH", "install the Debian package qemu-system-x86");
    return Failure(std::move(started).error());
  }
  HOTGATE_TRY(const int status, started->wait(after(std::chrono::seconds(20))));
  const std::string output = started->outputTail();
  if (status != 0 || output.find("QEMU emulator version") == std::string::npos)
    return failInput(program, "--version", fmt::format("ended with exit code {}: {}", status, output),
                     "install the Debian package qemu-system-x86 again");
  const size_t begin = output.find("QEMU emulator version");
  return output.substr(begin, output.find('\n', begin) - begin);
}

std::string machineIdentity(const GuestImage &image, const MachineShape &shape) {
  std::string text;
  const char *layer = image.layer.empty() ? "" : "layer";
  for (const std::string &argument : commandLine({"root", "kernel", "initrd", layer, ""}, shape, {}))
    text += argument + "\n";
  return text;
}

Result<Machine> Machine::start(const GuestImage &image, const MachineShape &shape, const FileDescriptor *incoming,
                               Deadline deadline) {
  HOTGATE_TRY(SocketPair monitor, makeSocketPair());
  HOTGATE_TRY(SocketPair guestAgent, makeSocketPair());
  HOTGATE_TRY(SocketPair processAgent, makeSocketPair());
  HOTGATE_TRY(SocketPair link, makeSocketPair());
  ChildProcess::Options options;
  options.arguments = commandLine(
      image, shape, {monitor.theirs.get(), guestAgent.theirs.get(), processAgent.theirs.get(), link.theirs.get()});
  // A patch under test runs in restored guests only; saving, which starts a shell, is for those that booted.
  append(options.arguments,
         {"-sandbox", fmt::format("on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny,spawn={}",
                                  incoming == nullptr ? "allow" : "deny")});
  options.inherited = {monitor.theirs.get(), guestAgent.theirs.get(), processAgent.theirs.get(), link.theirs.get()};
  if (incoming != nullptr) {
    append(options.arguments, {"-S", "-incoming", fmt::format("fd:{}", incoming->get())});
    options.inherited.push_back(incoming->get());
  }

  HOTGATE_TRY(ChildProcess qemu, ChildProcess::start(options));
  Machine machine(std::move(qemu), Qmp(std::move(monitor.ours)));
  machine.guestAgent_ = std::move(guestAgent.ours);
  machine.processAgent_ = std::move(processAgent.ours);
  machine.link_ = std::move(link.ours);
  // Our copies of QEMU's ends close here: when QEMU ends, reading from a channel says so at once.
  monitor.theirs.close();
  if (auto greeted = machine.qmp_.greet(deadline); !greeted)
    return failFault(program, "start", fmt::format("{}; it printed: {}", greeted.error().reason, machine.consoleTail()),
                     "check the QEMU version (7.2 or later) and free memory");
  return machine;
}

Result<Machine> Machine::boot(const GuestImage &image, const MachineShape &shape, Deadline deadline) {
  return start(image, shape, nullptr, deadline);
}

Result<Machine> Machine::restore(const GuestImage &image, const MachineShape &shape, const fs::path &state,
                                 Deadline deadline) {
  const FileDescriptor file(open(state.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.isOpen())
    return failInput(state.string(), "", fmt::format("cannot be opened: {}", std::strerror(errno)),
                     "remove its folder; it is built again");
  HOTGATE_TRY(Machine machine, start(image, shape, &file, deadline));
  for (;;) {
    HOTGATE_TRY(const nlohmann::json status, machine.qmp_.execute("query-status", nlohmann::json::object(), deadline));
    if (textMember(status, "status") != "inmigrate")
      return machine;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<> Machine::resume(Deadline deadline) {
  HOTGATE_CHECK(qmp_.execute("cont", nlohmann::json::object(), deadline));
  return {};
}

Result<> Machine::save(const fs::path &state, Deadline deadline) {
  HOTGATE_CHECK(qmp_.execute("stop", nlohmann::json::object(), deadline));
  // QEMU is done when the pipe has everything; the file has it when it bears its final name.
  const std::string part = state.string() + ".part";
  const std::string command = fmt::format("cat > {0} && mv {0} {1}", shellQuoted(part), shellQuoted(state.string()));
  HOTGATE_CHECK(qmp_.execute("migrate", {{"uri", "exec:" + command}}, deadline));
  for (;;) {
    HOTGATE_TRY(const nlohmann::json progress, qmp_.execute("query-migrate", nlohmann::json::object(), deadline));
    const std::string status = textMember(progress, "status");
    if (status == "completed" && fs::exists(state))
      return {};
    if (status == "failed" || status == "cancelled" || Clock::now() >= deadline)
      return failFault(program, "migrate", fmt::format("the guest's state was not saved ({})", printable(status)),
                       "free space in the cache folder");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

} // namespace hotgate::harness
