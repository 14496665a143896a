#include "harness/client/client_table.h"

#include "harness/client/clients/adds_client.h"
#include "harness/client/clients/dns_client.h"
#include "harness/client/clients/file_server_client.h"
#include "harness/client/clients/print_client.h"
#include "harness/client/clients/radius_client.h"
#include "harness/client/clients/rds_client.h"
#include "harness/client/clients/time_client.h"
#include "harness/client/clients/web_client.h"
#include "harness/client/clients/wsus_client.h"

#include <array>

namespace hotgate::harness {
namespace {

template <class Client> Result<std::unique_ptr<RoleClient>> make(const ClientSetup &setup) {
  return std::make_unique<Client>(setup);
}

struct Entry {
  std::string_view probe;
  Result<std::unique_ptr<RoleClient>> (*make)(const ClientSetup &setup);
};

// One line a client: its name; its class, or the function that reads its settings. Sorted.
constexpr std::array table{
    Entry{"adds", makeAddsClient},   Entry{"dns", make<DnsClient>},     Entry{"fileserver", makeFileServerClient},
    Entry{"print", makePrintClient}, Entry{"radius", makeRadiusClient}, Entry{"rds", makeRdsClient},
    Entry{"time", make<TimeClient>}, Entry{"web", make<WebClient>},     Entry{"wsus", makeWsusClient},
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
