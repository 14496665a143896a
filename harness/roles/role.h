// harness/roles/NAME.yaml: all that the lab knows of one server role. Read strictly; what of it goes into a guest's
// shell (addresses, names of processes) has a form that no shell can misread.
#pragma once

#include "harness/monitor/counter.h"
#include "harness/vm/deadline.h"
#include "support/strict_yaml.h"

#include <map>

namespace hotgate::harness {

// A soak: the same kinds of exchange again and again, in proportion to their weights.
struct RoleSoak {
  struct Share {
    std::string exchange;
    int weight = 1;
  };
  std::vector<Share> mix;
  int clients = 6;            // that ask at once
  int64_t transactions = 400; // in all
  int sampleEvery = 10;       // transactions between two looks at the process's counters
  int warmUpPercent = 20;     // of the samples, left out of the slope: heap and caches fill
};

// What the role's service writes into a Windows event log, by event id.
struct RoleEvents {
  std::string log;                     // the channel: "System"
  std::string source;                  // the provider in it: "Microsoft-Windows-DHCP-Server"; "": whoever writes there
  std::vector<int> started;            // the service initialised: what stands before it belongs to another start
  std::vector<int> ready;              // it serves; none: a service that runs is ready
  std::vector<int> labFault;           // the machine's set-up is wrong: never the patch's doing
  std::vector<int> slow;               // evidence of load that it does not keep up with
  std::map<int, std::string> meanings; // in words
};

// The real Linux server that stands in for the role when the lab itself is tested: harness/roles/reference/LAYER.
struct RoleReference {
  std::string layer;
  std::vector<std::string> processes; // as Linux names them; the first one's counters are read
  int memoryMiB = 512;
  int slowMilliseconds = 300; // by which each frame leaves later when it is made slow
  // "10.77.0.2/24": the server can be one of a failover pair in two guests, the second of which has this address.
  std::string secondAddress;
  // What the reference is asked in smoke beyond the role's own exchanges: what other servers need not be set up for.
  std::vector<std::string> smoke;
  // Checks that run in the guest, by name: a shell command that must end with 0.
  std::map<std::string, std::string> inside;
};

struct Role {
  std::string name;
  std::string probe;                   // dhcp, or a client of harness/client/client_table.cpp
  std::vector<std::string> components; // module names, lower case: a KB that patches one of them runs this role
  std::string service;                 // on a Windows machine the service under test
  std::string guestAddress;            // of the guest's NIC, "10.77.0.1/24"
  std::string clientAddress;           // of the clients' wire, "10.77.0.2/24"; "" for a probe on the raw link
  std::chrono::milliseconds deadline{4000};
  int hangDeadlines = 3;               // a soak hangs when nothing was answered for so many deadlines, and one more
  std::chrono::seconds startLimit{60}; // from the service's start to its first good answer
  std::string witness;                 // the kind that lab.yaml may name: dhcp-relay-option, exchange
  std::vector<std::string> smoke;      // exchanges, in this order
  RoleSoak soak;
  std::vector<Counter> counters{allCounters.begin(), allCounters.end()}; // that must not grow with the requests
  RoleEvents events;
  std::map<std::string, std::string> settings; // the client's own
  std::optional<RoleReference> reference;

  [[nodiscard]] std::string server() const { return guestAddress.substr(0, guestAddress.find('/')); }
};

// Errors: usage, naming the line of an unknown, missing or wrong key; input, when there is no such file.
Result<Role> readRole(const std::filesystem::path &path);
// The keys that all roles have, of an open file; for readers of more (dhcp_role.h).
Role readRoleKeys(StrictYaml &file);

} // namespace hotgate::harness
