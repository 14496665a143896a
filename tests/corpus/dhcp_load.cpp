// Load: see dhcp_load.h.
#include "tests/corpus/dhcp_load.h"

#include <algorithm>

namespace hotgate::corpus_test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t serverAddress = address(10, 77, 0, 1);
constexpr uint32_t everybody = 0xFFFFFFFF;

enum class Step { discover, select, firstRenewal, secondRenewal, rebind };

struct Client {
  Packet packet = {};
  Step step = Step::discover;
  uint32_t leased = 0;
  uint32_t transactions = 0;
  bool lost = false;
  Clock::time_point deadline;
};

class LoadRun {
public:
  LoadRun(const Endpoint &endpoint, const Load &load)
      : endpoint_(endpoint), load_(load), nextClient_(load.firstClient) {
    for (int i = 0; i < load.clients; ++i) {
      Client client;
      client.packet.hardware = hardwareAddress(nextClient_++);
      clients_.push_back(client);
    }
  }

  LoadResult run() {
    for (size_t i = 0; i < clients_.size(); ++i)
      send(i);
    while (std::ranges::any_of(clients_, [](const Client &c) { return inFlight(c); })) {
      if (const auto reply = endpoint_.receive(std::chrono::milliseconds(20)))
        take(*reply);
      loseWhatIsLate();
    }
    return result_;
  }

private:
  static bool inFlight(const Client &client) { return client.deadline != Clock::time_point(); }

  // The client's number in the upper half finds the client of a reply.
  void send(size_t index) {
    Client &client = clients_[index];
    client.deadline = {};
    if (client.lost || result_.requests >= load_.requests)
      return;
    client.packet.transaction = static_cast<uint32_t>(index + 1) << 16 | (++client.transactions & 0xFFFF);
    const bool renewing = client.step >= Step::firstRenewal;
    client.packet.type = client.step == Step::discover ? discover : request;
    client.packet.clientAddress = renewing ? client.leased : 0;
    client.packet.options.clear();
    if (client.step == Step::select)
      client.packet.options = {{option::requestedAddress, addressBytes(client.leased)},
                               {option::serverIdentifier, addressBytes(serverAddress)}};
    endpoint_.send(client.packet.encode(), renewing && client.step != Step::rebind ? serverAddress : everybody);
    client.deadline = Clock::now() + load_.patience;
    ++result_.requests;
    result_.renewals += renewing;
  }

  void take(const Packet &reply) {
    const size_t index = (reply.transaction >> 16) - 1;
    if (index >= clients_.size() || clients_[index].packet.transaction != reply.transaction ||
        !inFlight(clients_[index]))
      return;
    Client &client = clients_[index];
    if (reply.type != (client.step == Step::discover ? offer : acknowledge) || !reply.yourAddress)
      return; // the wrong answer: it will be late
    result_.acknowledged += reply.type == acknowledge;
    client.leased = reply.yourAddress;
    advance(client);
    send(index);
  }

  void advance(Client &client) {
    if (client.step == Step::rebind) {
      giveBack(client);
      // RELEASE has no answer, and what the same client sends next may overtake it: another client goes on.
      client.packet.hardware = hardwareAddress(nextClient_++);
      client.step = Step::discover;
    } else if (load_.mix == Mix::lifeCycles || client.step < Step::firstRenewal) {
      client.step = static_cast<Step>(static_cast<int>(client.step) + 1);
    }
  }

  void giveBack(const Client &client) const {
    Packet packet = client.packet;
    packet.type = release;
    packet.clientAddress = client.leased;
    packet.options = {{option::serverIdentifier, addressBytes(serverAddress)}};
    endpoint_.send(packet.encode(), serverAddress);
  }

  void loseWhatIsLate() {
    for (Client &client : clients_) {
      if (!inFlight(client) || Clock::now() < client.deadline)
        continue;
      client.deadline = {};
      client.lost = true;
      ++result_.lost;
    }
  }

  const Endpoint &endpoint_;
  Load load_;
  std::vector<Client> clients_;
  uint32_t nextClient_;
  LoadResult result_;
};

} // namespace

LoadResult runLoad(const Endpoint &endpoint, const Load &load) { return LoadRun(endpoint, load).run(); }

} // namespace hotgate::corpus_test
