// A DHCP server in memory, on a link of its own: right by default, wrong in exactly the ways that a test asks for.
#pragma once

#include "harness/roles/dhcp_exchange.h"

#include <deque>
#include <functional>
#include <map>
#include <set>

namespace hotgate::harness {

DhcpScope modelScope(); // 10.77.0.1, 10.77.0.100 to 10.77.0.250

class ModelDhcpServer : public Link {
public:
  // What it is about to answer; a test may change every field, or drop the answer (nullopt).
  struct Reply {
    uint32_t transaction = 0;
    MacAddress client{};
    uint8_t type = 0;
    Ipv4 address = 0;
    std::optional<Ipv4> server = std::nullopt;
    std::optional<Ipv4> mask = std::nullopt;
    std::optional<Ipv4> router = std::nullopt;
    std::optional<uint32_t> leaseSeconds = std::nullopt;
    std::optional<std::vector<uint8_t>> relayInformation = std::nullopt;
    bool truncated = false; // the last option runs past the message
    std::chrono::milliseconds delay{0};
    bool unicast = false; // asks for the client's hardware address by ARP first, as a kernel does
  };
  // `query` is the message type that is answered.
  std::function<void(uint8_t query, std::optional<Reply> &)> tamper;
  std::function<void(uint8_t query)> onQuery; // before it is answered

  Ipv4 last = modelScope().last; // a smaller scope has nothing for some
  bool silent = false;
  bool registers = true; // a client's name, in the DNS that it is too
  std::function<void(const std::string &name, std::vector<uint8_t> &answer)> tamperDns;
  bool vulnerable = true;     // echoes option 82 as long as it is declared
  std::optional<Frame> flood; // comes without end, whenever somebody looks
  bool closed = false;        // the link itself is gone

  Result<> send(std::span<const uint8_t> frame) override;
  Result<std::optional<Frame>> receive(Deadline deadline) override;

  void deliver(const Reply &reply); // without having been asked
  void deliverFrame(Frame frame, Clock::time_point at = Clock::now()) { frames_.emplace_back(at, std::move(frame)); }

private:
  std::optional<Reply> replyTo(std::span<const uint8_t> message);
  std::optional<Ipv4> lease(const MacAddress &client);
  void answerDns(const std::vector<uint8_t> &question, const MacAddress &client, Ipv4 clientAddress, uint16_t port);

  std::map<MacAddress, std::string> named_;
  std::map<MacAddress, Ipv4> leases_;
  std::set<Ipv4> declined_;
  std::deque<std::pair<Clock::time_point, Frame>> frames_;
  std::map<Ipv4, std::vector<Reply>> awaitingArp_;
};

} // namespace hotgate::harness
