#include "harness/jobs/lab_file.h"

#include "support/strict_yaml.h"

namespace hotgate::harness {
namespace {

constexpr int64_t mostRepetitions = 1000;

LabFileEntry readEntry(StrictYaml &yaml, const std::filesystem::path &folder) {
  LabFileEntry entry;
  entry.kb = std::filesystem::absolute(folder / yaml.text("kb")).lexically_normal();
  entry.name = yaml.text("name", entry.kb.parent_path().filename().string());
  // It becomes part of a folder's name.
  if (entry.name.empty() || entry.name.size() > 100 || entry.name.front() == '.' ||
      entry.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
          std::string::npos)
    yaml.refuse("name", fmt::format("'{}' must be made of letters, digits, '.', '_' and '-'", entry.name));
  if (yaml.has("roles"))
    entry.roles = yaml.texts("roles");
  if (yaml.has("provider")) {
    const std::string provider = yaml.text("provider");
    entry.provider = providerNamed(provider);
    if (!entry.provider)
      yaml.refuse("provider", fmt::format("'{}' is not qemu, wine-host, ssh or libvirt", provider));
  }
  entry.repetitions = static_cast<int>(yaml.integer("repetitions", 1, mostRepetitions, 1));
  return entry;
}

} // namespace

Result<bool> isLabFile(const std::filesystem::path &path) {
  HOTGATE_TRY(const StrictYaml file, StrictYaml::open(path));
  return file.has("jobs");
}

Result<LabFile> readLabFile(const std::filesystem::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  LabFile lab;
  std::vector<StrictYaml> entries = file.maps("jobs");
  for (StrictYaml &entry : entries)
    lab.entries.push_back(readEntry(entry, path.parent_path()));
  if (lab.entries.empty())
    file.refuse("jobs", "must name at least one KB");
  lab.timeLimit = std::chrono::seconds(file.integer("time_limit", 10, 86400, lab.timeLimit.count()));
  HOTGATE_CHECK(file.finish());
  return lab;
}

} // namespace hotgate::harness
