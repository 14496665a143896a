// Limits: OpenSSH 8.7 or later on both sides; the machine's SFTP server on.
#include "harness/guest/ssh_machine.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using std::chrono::seconds;

constexpr const char *agentName = "hotgate-agent.exe";
constexpr seconds removalDeadline{10};
constexpr seconds retryPause{1};

// A word of sftp's batch language.
std::string batchWord(const std::string &text) {
  std::string word = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\')
      word += '\\';
    word += character;
  }
  return word + '"';
}

// The client's words about a machine that will not change its mind: trying again is no use.
bool isFinal(const std::string &output) {
  for (const char *words : {"Host key verification failed", "Permission denied", "Bad owner or permissions",
                            "UNPROTECTED PRIVATE KEY FILE", "No such identity"})
    if (output.find(words) != std::string::npos)
      return true;
  return false;
}

Failure refusedBy(const SshConfig &config, const std::string &place, const std::string &output) {
  const std::string entity = fmt::format("{}@{} port {}", config.user, config.host, config.port);
  const std::string reason = "the SSH client ended: " + output;
  if (isFinal(output))
    return failInput(entity, place, reason,
                     "put the machine's host key into known_hosts, and the public key of identity on the machine");
  return failFault(entity, place, reason, "see that the machine runs and its SSH server answers");
}

// The script that sftp reads, as an open file without a name.
Result<FileDescriptor> batchFile(const std::string &batch) {
  FileDescriptor file(memfd_create("hotgate-sftp-batch", MFD_CLOEXEC));
  if (!file.isOpen() || write(file.get(), batch.data(), batch.size()) != static_cast<ssize_t>(batch.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0)
    return failFault("sftp", "", fmt::format("no memory for its script: {}", std::strerror(errno)),
                     "end other processes");
  return file;
}

Result<> runSftp(const SshConfig &config, const std::string &batch, Deadline deadline) {
  HOTGATE_TRY(const FileDescriptor file, batchFile(batch));
  ChildProcess::Options options{
      .arguments = {"sftp", "-b", fmt::format("/proc/self/fd/{}", file.get()), "-P", std::to_string(config.port)},
      .inherited = {file.get()}};
  const auto strict = strictSshOptions(config);
  options.arguments.insert(options.arguments.end(), strict.begin(), strict.end());
  options.arguments.insert(options.arguments.end(), {"--", config.user + "@" + config.host});
  HOTGATE_TRY(ChildProcess sftp, ChildProcess::start(options));
  HOTGATE_TRY(const int code, sftp.wait(deadline));
  if (code != 0)
    return refusedBy(config, "sftp", sftp.outputTail());
  return {};
}

} // namespace

std::vector<std::string> strictSshOptions(const SshConfig &config) {
  std::vector<std::string> options{"-F", "none", "-i", config.identity.string()};
  for (const std::string &option :
       {std::string("BatchMode=yes"), std::string("StrictHostKeyChecking=yes"),
        "UserKnownHostsFile=" + config.knownHosts.string(), std::string("GlobalKnownHostsFile=none"),
        std::string("UpdateHostKeys=no"), std::string("IdentitiesOnly=yes"), std::string("IdentityAgent=none"),
        std::string("PreferredAuthentications=publickey"), std::string("ForwardAgent=no"), std::string("ForwardX11=no"),
        std::string("ClearAllForwardings=yes"), std::string("PermitLocalCommand=no"), std::string("ControlPath=none"),
        std::string("EscapeChar=none"), std::string("ConnectTimeout=10"), std::string("ServerAliveInterval=5"),
        std::string("ServerAliveCountMax=3"), std::string("LogLevel=ERROR")})
    options.insert(options.end(), {"-o", option});
  return options;
}

Result<std::string> uploadBatch(const SshConfig &config, const std::vector<MachineFile> &files) {
  std::string batch = fmt::format("-mkdir {}\n", batchWord(config.folder));
  std::set<std::string> folders;
  for (const MachineFile &file : files) {
    const std::string local = std::filesystem::absolute(file.local).string();
    // A name with wildcards would be another file's.
    if (local.find_first_of("\n\r*?[]") != std::string::npos)
      return failInput(local, "", "its name has characters that sftp would read as a pattern",
                       "rename it or its folder");
    const std::string folder = std::filesystem::path(file.name).parent_path().string();
    if (!folder.empty() && folders.insert(folder).second)
      batch += fmt::format("-mkdir {}\n", batchWord(config.folder + "/" + folder));
    batch += fmt::format("put {} {}\n", batchWord(local), batchWord(config.folder + "/" + file.name));
  }
  return batch;
}

std::string removalBatch(const SshConfig &config, const std::vector<std::string> &names) {
  std::string batch;
  std::set<std::string> folders;
  for (const std::string &name : names) {
    batch += fmt::format("-rm {}\n", batchWord(config.folder + "/" + name));
    if (const std::string folder = std::filesystem::path(name).parent_path().string(); !folder.empty())
      folders.insert(folder);
  }
  for (const std::string &folder : folders)
    batch += fmt::format("-rmdir {}\n", batchWord(config.folder + "/" + folder));
  // Without a dash: a program's file that is still in use keeps the folder, and the script fails.
  return batch + fmt::format("rmdir {}\n", batchWord(config.folder));
}

SshMachine::~SshMachine() {
  session_.reset(); // the agent's own file can be removed once it has ended
  if (copied_.empty())
    return;
  // Windows lets go of a program's file a moment after the program has ended.
  const Deadline deadline = after(removalDeadline);
  const std::string batch = removalBatch(config_, copied_);
  while (!runSftp(config_, batch, deadline) && Clock::now() + retryPause < deadline)
    std::this_thread::sleep_for(retryPause);
}

Result<> SshMachine::start(Deadline deadline) {
  if (!config_.interface.empty()) {
    HOTGATE_TRY(PacketLink link, PacketLink::open(config_.interface));
    link_.emplace(std::move(link));
  }
  return upload({{agent_, agentName}}, deadline);
}

Result<> SshMachine::upload(const std::vector<MachineFile> &files, Deadline deadline) {
  HOTGATE_TRY(const std::string batch, uploadBatch(config_, files));
  for (const MachineFile &file : files)
    if (std::find(copied_.begin(), copied_.end(), file.name) == copied_.end())
      copied_.push_back(file.name);
  auto done = runSftp(config_, batch, deadline);
  if (!done && done.error().kind == ErrorKind::input && copied_.size() == files.size())
    copied_.clear(); // we were never let in
  return done;
}

Result<> SshMachine::copy(ProcessAgent &, const std::vector<MachineFile> &files, Deadline deadline) {
  return upload(files, deadline);
}

Result<FileDescriptor> SshMachine::connect(Deadline deadline) {
  for (;;) {
    session_.reset();
    HOTGATE_TRY(SocketPair channel, makeSocketPair());
    // The child's standard streams become the channel; the words of the script are ours, the rest are arguments.
    ChildProcess::Options options{.arguments = {"sh", "-c", R"(channel=$1; shift; exec "$@" <&"$channel" >&"$channel")",
                                                "sh", std::to_string(channel.theirs.get()), "ssh", "-T", "-p",
                                                std::to_string(config_.port)},
                                  .inherited = {channel.theirs.get()}};
    const auto strict = strictSshOptions(config_);
    options.arguments.insert(options.arguments.end(), strict.begin(), strict.end());
    options.arguments.insert(options.arguments.end(), {"-l", config_.user, "--", config_.host, config_.agentCommand});
    HOTGATE_TRY(ChildProcess session, ChildProcess::start(options));
    channel.theirs.close();
    session_.emplace(std::move(session));
    // Whether somebody is there shows when the agent answers; a client that was turned away has ended by then.
    ProcessAgent agent(FileDescriptor(dup(channel.ours.get())));
    const auto answered = agent.ping(deadline);
    if (answered)
      return std::move(channel.ours);
    const std::string output = session_->outputTail();
    if (Clock::now() + retryPause >= deadline || isFinal(output))
      return refusedBy(config_, "ssh", output.empty() ? answered.error().reason : output);
    std::this_thread::sleep_for(retryPause);
  }
}

} // namespace hotgate::harness
