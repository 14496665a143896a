// The protocol: see protocol.h. A renewing and a rebinding client are told apart by nothing but the address they sent
// to, and are answered alike.
#include "protocol.h"

#include "audit.h"
#include "server.h"

static uint32_t Subnet(const Configuration &configuration, uint32_t address) { return address & configuration.mask; }

static void AppendSeconds(Reply *reply, OptionTag tag, uint32_t seconds) { AppendAddressOption(reply, tag, seconds); }

static void AppendScopeOptions(const Server *server, Reply *reply) {
  const Configuration &configuration = server->configuration;
  AppendAddressOption(reply, OptionTag::subnetMask, configuration.mask);
  if (configuration.router)
    AppendAddressOption(reply, OptionTag::router, configuration.router);
}

static void AppendLeaseOptions(const Server *server, Reply *reply) {
  const uint32_t seconds = server->configuration.leaseSeconds;
  AppendSeconds(reply, OptionTag::leaseSeconds, seconds);
  AppendSeconds(reply, OptionTag::renewalSeconds, seconds / 2);
  AppendSeconds(reply, OptionTag::rebindingSeconds, static_cast<uint32_t>(uint64_t{seconds} * 7 / 8));
}

static void Grant(Server *server, const Request *request, Reply *reply, MessageType type, uint32_t address) {
  BeginReply(reply, request, type, address, server->configuration.server);
  AppendLeaseOptions(server, reply);
  AppendScopeOptions(server, reply);
  FinishReply(reply, request);
}

static void Refuse(Server *server, const Request *request, Reply *reply, uint32_t address) {
  AuditRefusal(server, address, request);
  BeginReply(reply, request, MessageType::refuse, 0, server->configuration.server);
  FinishReply(reply, request);
}

static void HandleDiscover(Server *server, const Request *request, Reply *reply) {
  if (const uint32_t address = OfferLease(server, request))
    Grant(server, request, reply, MessageType::offer, address);
}

static void HandleSelection(Server *server, const Request *request, Reply *reply) {
  if (request->options.serverIdentifier != server->configuration.server) {
    WithdrawOffer(server, request);
    return;
  }
  const uint32_t address = request->options.requestedAddress;
  if (CommitLease(server, request, address))
    Grant(server, request, reply, MessageType::acknowledge, address);
  else
    Refuse(server, request, reply, address);
}

static void HandleReboot(Server *server, const Request *request, Reply *reply) {
  const uint32_t address = request->options.requestedAddress;
  const Configuration &configuration = server->configuration;
  if (Subnet(configuration, address) != Subnet(configuration, configuration.server)) {
    Refuse(server, request, reply, address);
    return;
  }
  switch (ConfirmLease(server, request, address)) {
  case Confirmation::confirmed:
    Grant(server, request, reply, MessageType::acknowledge, address);
    break;
  case Confirmation::refused:
    Refuse(server, request, reply, address);
    break;
  case Confirmation::unknown:
    break; // another server's client, perhaps
  }
}

static void HandleRenewal(Server *server, const Request *request, Reply *reply) {
  if (RenewLease(server, request))
    Grant(server, request, reply, MessageType::acknowledge, request->clientAddress);
  else
    Refuse(server, request, reply, request->clientAddress);
}

static void HandleDhcpRequest(Server *server, const Request *request, Reply *reply) {
  if (request->options.serverIdentifier)
    HandleSelection(server, request, reply);
  else if (request->clientAddress)
    HandleRenewal(server, request, reply);
  else if (request->options.requestedAddress)
    HandleReboot(server, request, reply);
}

static void HandleRelease(Server *server, const Request *request, Reply *) { ReleaseLease(server, request); }

static void HandleDecline(Server *server, const Request *request, Reply *) { DeclineLease(server, request); }

static void HandleInform(Server *server, const Request *request, Reply *reply) {
  if (!request->clientAddress)
    return;
  BeginReply(reply, request, MessageType::acknowledge, 0, server->configuration.server);
  AppendScopeOptions(server, reply);
  FinishReply(reply, request);
}

using Handler = void(Server *, const Request *, Reply *);

static Handler *const handlers[static_cast<size_t>(MessageType::count)] = {
    nullptr, HandleDiscover, nullptr, HandleDhcpRequest, HandleDecline, nullptr, nullptr, HandleRelease, HandleInform,
};

void HandleRequest(Server *server, const Request *request, Reply *reply) {
  const Configuration &configuration = server->configuration;
  // A relay agent of another subnet asks for a scope that this server does not have.
  if (request->relayAddress &&
      Subnet(configuration, request->relayAddress) != Subnet(configuration, configuration.server))
    return;
  if (Handler *handler = handlers[static_cast<size_t>(request->options.messageType)])
    handler(server, request, reply);
}
