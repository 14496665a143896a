#include "harness/roles/dhcp_queries.h"

namespace hotgate::harness {
namespace {

constexpr Ipv4 foreignAddress = 0xC000024D; // 192.0.2.77, RFC 5737: on no network of ours

} // namespace

MacAddress clientHardware(ClientGroup group, uint8_t index) {
  return {0x02, 0x48, 0x47, 0x00, static_cast<uint8_t>(group), index}; // locally administered
}

DhcpQuery discoverQuery(const MacAddress &client) { return {.type = DhcpType::discover, .client = client}; }

Expectation offerExpected() { return {.type = DhcpType::offer}; }

DhcpQuery selectQuery(const MacAddress &client, const DhcpAnswer &offer, Ipv4 server) {
  return {.type = DhcpType::request, .client = client, .requested = offer.address, .server = server};
}

Expectation acknowledgeExpected(Ipv4 address) { return {.type = DhcpType::acknowledge, .address = address}; }

DhcpQuery renewQuery(const MacAddress &client, const DhcpAnswer &lease, Ipv4 server) {
  return {.type = DhcpType::request,
          .client = client,
          .clientAddress = lease.address,
          .to = DhcpQuery::Unicast{lease.serverHardware, server}};
}

DhcpQuery rebindQuery(const MacAddress &client, const DhcpAnswer &lease) {
  return {.type = DhcpType::request, .client = client, .clientAddress = lease.address};
}

DhcpQuery informQuery(const MacAddress &client, const DhcpAnswer &lease) {
  return {.type = DhcpType::inform, .client = client, .clientAddress = lease.address};
}

Expectation informExpected() { return {.type = DhcpType::acknowledge, .address = 0, .grantsLease = false}; }

DhcpQuery wrongNetworkQuery(const MacAddress &client) {
  return {.type = DhcpType::request, .client = client, .requested = foreignAddress};
}

Expectation refusalExpected() {
  return {.type = DhcpType::refuse, .address = 0, .grantsLease = false, .scopeOptions = false};
}

DhcpQuery releaseQuery(const MacAddress &client, const DhcpAnswer &lease, Ipv4 server) {
  return {.type = DhcpType::release,
          .client = client,
          .clientAddress = lease.address,
          .server = server,
          .to = DhcpQuery::Unicast{lease.serverHardware, server}};
}

DhcpQuery declineQuery(const MacAddress &client, const DhcpAnswer &lease, Ipv4 server) {
  return {.type = DhcpType::decline, .client = client, .requested = lease.address, .server = server};
}

} // namespace hotgate::harness
