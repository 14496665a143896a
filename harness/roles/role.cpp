#include "harness/roles/role.h"

#include "harness/roles/dhcp_message.h"
#include "harness/roles/dhcp_role.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace hotgate::harness {
namespace {

// A word that stays one word in a shell, a path and a report.
bool isPlainName(const std::string &text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' && text.front() != '-' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos;
}

std::string nameOf(StrictYaml &map, const char *key, const std::optional<std::string> &absent = std::nullopt) {
  std::string text = map.text(key, absent);
  if (text != absent && !isPlainName(text))
    map.refuse(key, "must be a name of letters, digits, '.', '_' and '-'");
  return text;
}

std::vector<std::string> namesOf(StrictYaml &map, const char *key) {
  std::vector<std::string> names = map.texts(key);
  if (!std::all_of(names.begin(), names.end(), isPlainName))
    map.refuse(key, "must be names of letters, digits, '.', '_' and '-'");
  return names;
}

// "10.77.0.1/24": the address goes into a guest's shell command, so only this form passes.
std::string networkAddressOf(StrictYaml &file, const char *key) {
  std::string text = file.text(key);
  const size_t slash = text.find('/');
  const std::string prefix = slash == std::string::npos ? "" : text.substr(slash + 1);
  const bool isPrefix = prefix.size() == 2 && prefix >= "08" && prefix <= "30" &&
                        prefix.find_first_not_of("0123456789") == std::string::npos;
  if (!parseAddress(text.substr(0, slash)) || !isPrefix)
    file.refuse(key, "must be an IPv4 address with a prefix length, as in 10.77.0.1/24");
  return text;
}

int eventOf(StrictYaml &map, const char *key, const std::string &text) {
  int id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || id > 65535)
    map.refuse(key, "must be event ids, 0 to 65535");
  return id;
}

// `seen`: those of the keys before. An event says one thing.
std::vector<int> eventsOf(StrictYaml &map, const char *key, std::set<int> &seen) {
  std::vector<int> ids;
  for (const std::string &text : map.texts(key)) {
    ids.push_back(eventOf(map, key, text));
    if (!seen.insert(ids.back()).second)
      map.refuse(key, fmt::format("names event {}, which stands there before", ids.back()));
  }
  return ids;
}

std::map<std::string, std::string> textsByName(StrictYaml &file, const char *key) {
  std::map<std::string, std::string> values;
  if (!file.has(key))
    return values;
  StrictYaml map = file.map(key);
  for (const std::string &name : map.keys())
    values[name] = map.text(name.c_str());
  return values;
}

RoleSoak soakOf(StrictYaml soak) {
  RoleSoak read;
  StrictYaml mix = soak.map("mix");
  for (const std::string &exchange : mix.keys())
    read.mix.push_back({exchange, static_cast<int>(mix.integer(exchange.c_str(), 1, 1000))});
  if (read.mix.empty())
    soak.refuse("mix", "must name an exchange");
  read.clients = static_cast<int>(soak.integer("clients", 1, 64));
  read.transactions = soak.integer("transactions", 1, 1'000'000);
  read.sampleEvery = static_cast<int>(soak.integer("sample_every", 1, 1000));
  read.warmUpPercent = static_cast<int>(soak.integer("warm_up_percent", 0, 90));
  return read;
}

RoleEvents eventsOf(StrictYaml events) {
  RoleEvents read;
  read.log = events.text("log");
  read.source = events.text("source", "");
  std::set<int> seen;
  if (events.has("started"))
    read.started = eventsOf(events, "started", seen);
  read.ready = eventsOf(events, "ready", seen);
  read.labFault = eventsOf(events, "lab_fault", seen);
  read.slow = eventsOf(events, "slow", seen);
  for (const auto &[id, text] : textsByName(events, "meanings"))
    read.meanings[eventOf(events, "meanings", id)] = text;
  return read;
}

RoleReference referenceOf(StrictYaml reference) {
  RoleReference read;
  read.layer = nameOf(reference, "layer");
  read.processes = namesOf(reference, "processes");
  if (read.processes.empty())
    reference.refuse("processes", "must name a process");
  read.memoryMiB = static_cast<int>(reference.integer("memory", 384, 16384, read.memoryMiB));
  read.slowMilliseconds = static_cast<int>(reference.integer("slow_ms", 1, 10'000, read.slowMilliseconds));
  if (reference.has("second_address"))
    read.secondAddress = networkAddressOf(reference, "second_address");
  if (reference.has("smoke"))
    read.smoke = namesOf(reference, "smoke");
  read.inside = textsByName(reference, "inside");
  return read;
}

std::vector<Counter> countersOf(StrictYaml &file) {
  std::vector<Counter> counters;
  for (const std::string &name : file.texts("counters")) {
    const auto counter = counterNamed(name);
    if (!counter || std::find(counters.begin(), counters.end(), *counter) != counters.end())
      file.refuse("counters", "must be some of private-bytes, threads, handles, each once");
    else
      counters.push_back(*counter);
  }
  return counters;
}

} // namespace

Role readRoleKeys(StrictYaml &file) {
  Role role;
  role.name = nameOf(file, "role");
  role.probe = nameOf(file, "probe");
  role.components = file.texts("components");
  role.service = nameOf(file, "service");
  role.guestAddress = networkAddressOf(file, "address");
  if (role.probe != dhcpProbeName)
    role.clientAddress = networkAddressOf(file, "client_address");
  role.deadline = std::chrono::milliseconds(file.integer("deadline_ms", 1, 60'000));
  role.hangDeadlines = static_cast<int>(file.integer("hang_deadlines", 1, 100));
  role.startLimit = std::chrono::seconds(file.integer("start_seconds", 1, 3600));
  role.witness = nameOf(file, "witness");
  role.smoke = namesOf(file, "smoke");
  if (role.smoke.empty())
    file.refuse("smoke", "must name an exchange");
  role.soak = soakOf(file.map("soak"));
  role.counters = countersOf(file);
  role.events = eventsOf(file.map("events"));
  role.settings = textsByName(file, "settings");
  if (file.has("reference"))
    role.reference = referenceOf(file.map("reference"));
  if (role.reference && !role.reference->secondAddress.empty() && role.probe != dhcpProbeName)
    file.refuse("reference", "has a second_address, which is for DHCP's failover alone");
  return role;
}

Result<Role> readRole(const std::filesystem::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  Role role = readRoleKeys(file);
  if (role.name != path.stem())
    file.refuse("role", "must be the file's name");
  if (role.probe == dhcpProbeName)
    (void)readDhcpKeys(file, role);
  HOTGATE_CHECK(file.finish());
  return role;
}

} // namespace hotgate::harness
