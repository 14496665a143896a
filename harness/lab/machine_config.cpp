#include "harness/lab/machine_config.h"

#include "harness/guest/windows/package_outcome.h"

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:";

bool isYes(StrictYaml &map, const char *key, bool absent) {
  const std::string text = map.text(key, absent ? "yes" : "no");
  if (text != "yes" && text != "no" && text != "true" && text != "false")
    map.refuse(key, "must be yes or no");
  return text == "yes" || text == "true";
}

// An argument of another program: what could be read as an option, or be split, is refused.
std::string nameOf(StrictYaml &map, const char *key, const std::optional<std::string> &absent = std::nullopt) {
  std::string text = map.text(key, absent);
  if (!text.empty() && (text.front() == '-' || text.find_first_not_of(nameCharacters) != std::string::npos))
    map.refuse(key, "must be a name of letters, digits and . _ - :");
  return text;
}

fs::path pathOf(StrictYaml &map, const char *key, const fs::path &folder,
                const std::optional<std::string> &absent = std::nullopt) {
  const std::string text = map.text(key, absent);
  return text.empty() ? fs::path() : folder / text;
}

SshConfig sshOf(StrictYaml map, const fs::path &folder) {
  SshConfig config;
  config.host = nameOf(map, "host");
  config.port = static_cast<int>(map.integer("port", 1, 65535, config.port));
  config.user = nameOf(map, "user");
  config.identity = pathOf(map, "identity", folder);
  config.knownHosts = pathOf(map, "known_hosts", folder);
  // ssh splits the value of this option at spaces.
  if (config.knownHosts.string().find_first_of(" \t\"'%") != std::string::npos)
    map.refuse("known_hosts", "must not have spaces, quotes or % in its path");
  config.folder = map.text("folder", config.folder);
  if (config.folder.find_first_of("\n\r*?[]") != std::string::npos)
    map.refuse("folder", "must be one plain path");
  config.agentCommand = map.text("agent_command", config.agentCommand);
  config.interface = nameOf(map, "interface");
  return config;
}

LibvirtConfig libvirtOf(StrictYaml map) {
  LibvirtConfig config;
  config.uri = map.text("uri", "qemu:///system");
  config.domain = map.text("domain");
  config.snapshot = map.text("snapshot", "");
  config.channel = map.text("channel", config.channel);
  config.interface = nameOf(map, "interface");
  return config;
}

DiskImageConfig imageOf(StrictYaml map, int memoryMiB, const fs::path &folder) {
  DiskImageConfig config;
  config.disk = pathOf(map, "disk", folder);
  config.firmwareCode = pathOf(map, "firmware", folder, "");
  config.firmwareVariables = pathOf(map, "firmware_variables", folder, "");
  if (config.firmwareCode.empty() != config.firmwareVariables.empty())
    map.refuse("firmware", "needs firmware_variables, and they need it");
  config.tpm = isYes(map, "tpm", false);
  config.processors = static_cast<int>(map.integer("processors", 1, 64, config.processors));
  config.memoryMiB = memoryMiB;
  return config;
}

WindowsConfig windowsOf(StrictYaml map, const fs::path &folder) {
  WindowsConfig config;
  const std::string release = map.text("release");
  if (release == releaseName(WindowsRelease::server2022))
    config.release = WindowsRelease::server2022;
  else if (release != releaseName(WindowsRelease::server2025))
    map.refuse("release", "must be 2022 or 2025");
  const std::string apply = map.text("apply", "package");
  if (apply == "load-patch")
    config.apply = WindowsConfig::Apply::loadPatch;
  else if (apply != "package")
    map.refuse("apply", "must be package or load-patch");
  if (config.apply == WindowsConfig::Apply::package) {
    config.package = pathOf(map, "package", folder);
    if (!installCall(config.package.string()))
      map.refuse("package", "must be a .msu or a .cab");
    if (config.package.filename().string().find_first_not_of(nameCharacters) != std::string::npos)
      map.refuse("package", "must have a file name of letters, digits and . _ -");
    config.packageName = map.text("package_name");
    if (!isPackageName(config.packageName))
      map.refuse("package_name", "must be the name that DISM lists");
  }
  config.kb = map.text("kb");
  if (config.kb.starts_with("KB"))
    config.kb.erase(0, 2);
  if (config.kb.empty() || config.kb.find_first_not_of("0123456789") != std::string::npos)
    map.refuse("kb", "must be a number, as in KB5099001");
  config.scans = isYes(map, "scan", true);
  return config;
}

// Only what the provider uses stays.
void choose(MachineConfig &config, Provider provider) {
  if (provider != Provider::ssh)
    config.ssh.reset();
  if (provider != Provider::libvirt)
    config.libvirt.reset();
  if (provider != Provider::qemu)
    config.image.reset();
  if (config.isOurGuest())
    config.windows.reset();
}

} // namespace

MachineConfig readMachineConfig(StrictYaml &file, Provider provider, int memoryMiB, const fs::path &folder) {
  MachineConfig config;
  if (file.has("ssh"))
    config.ssh = sshOf(file.map("ssh"), folder);
  if (file.has("libvirt"))
    config.libvirt = libvirtOf(file.map("libvirt"));
  if (file.has("image"))
    config.image = imageOf(file.map("image"), memoryMiB, folder);
  if (file.has("windows")) {
    config.windows = windowsOf(file.map("windows"), folder);
    if (config.isOurGuest())
      file.refuse("windows", "needs a Windows machine: a section ssh, libvirt or image");
  }
  for (const auto &[needing, section] : {std::pair(Provider::ssh, "ssh"), std::pair(Provider::libvirt, "libvirt")})
    if (provider == needing && !file.has(section))
      file.refuse(section, fmt::format("is missing: provider {} needs to know the machine (docs/windows-guests.md)",
                                       providerName(provider)));
  choose(config, provider);
  return config;
}

std::string MachineConfig::name() const {
  if (ssh)
    return fmt::format("{} port {}", ssh->host, ssh->port);
  if (libvirt)
    return fmt::format("{} {}", libvirt->uri, libvirt->domain);
  return {};
}

} // namespace hotgate::harness
