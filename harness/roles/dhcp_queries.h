// The messages that a client sends in each state of RFC 2131, and what belongs into the answers.
#pragma once

#include "harness/roles/dhcp_exchange.h"

namespace hotgate::harness {

// `index` below 256; groups keep the clients of the steps apart.
enum class ClientGroup : uint8_t { smoke = 1, witness = 2, soak = 3, crowd = 4 };
MacAddress clientHardware(ClientGroup group, uint8_t index);

DhcpQuery discoverQuery(const MacAddress &client);
Expectation offerExpected();
// SELECTING: takes an offer.
DhcpQuery selectQuery(const MacAddress &client, const DhcpAnswer &offer, Ipv4 server);
Expectation acknowledgeExpected(Ipv4 address);
// RENEWING by unicast, REBINDING by broadcast.
DhcpQuery renewQuery(const MacAddress &client, const DhcpAnswer &lease, Ipv4 server);
DhcpQuery rebindQuery(const MacAddress &client, const DhcpAnswer &lease);
DhcpQuery informQuery(const MacAddress &client, const DhcpAnswer &lease);
Expectation informExpected();
// INIT-REBOOT on the wrong network: the server must refuse.
DhcpQuery wrongNetworkQuery(const MacAddress &client);
Expectation refusalExpected();
DhcpQuery releaseQuery(const MacAddress &client, const DhcpAnswer &lease, Ipv4 server);
DhcpQuery declineQuery(const MacAddress &client, const DhcpAnswer &lease, Ipv4 server);

} // namespace hotgate::harness
