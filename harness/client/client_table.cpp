#include "harness/client/client_table.h"

#include "harness/client/clients/dns_client.h"

#include <array>

namespace hotgate::harness {
namespace {

template <class Client> std::unique_ptr<RoleClient> make(const ClientSetup &setup) {
  return std::make_unique<Client>(setup);
}

struct Entry {
  std::string_view probe;
  std::unique_ptr<RoleClient> (*make)(const ClientSetup &setup);
};

// One line a client: its name, its class. Sorted.
constexpr std::array table{
    Entry{"dns", make<DnsClient>},
};

} // namespace

Result<std::unique_ptr<RoleClient>> makeClient(const std::string &probe, const ClientSetup &setup) {
  std::string names;
  for (const Entry &entry : table) {
    if (entry.probe == probe)
      return entry.make(setup);
    names += (names.empty() ? "" : ", ") + std::string(entry.probe);
  }
  return failUsage(probe, "probe", "no client has this name", "use dhcp or one of " + names);
}

} // namespace hotgate::harness
