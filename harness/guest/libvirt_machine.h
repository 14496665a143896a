// An existing domain of libvirt: reverted to a snapshot, or started, and ended after the run.
//
// The agent is reached through the domain's channel of UNIX type: <channel type='unix'><target type='virtio'
// name='hotgate.agent'/></channel>. Its socket lies on the hypervisor's host, so the domain must run on this one; for
// another host use the provider ssh. The probes' frames go through a device of this host: the domain's own tap device
// or its bridge.
#pragma once

#include "harness/guest/agent_machine.h"
#include "harness/roles/packet_link.h"

#include <memory>
#include <optional>

namespace hotgate::harness {

struct LibvirtConfig {
  std::string uri; // qemu:///system
  std::string domain;
  std::string snapshot; // "": none, the domain is started as it is
  std::string channel = "hotgate.agent";
  std::string interface;
};

// The path of the socket of the channel with this name; nullopt when the domain has none.
std::optional<std::string> channelSocket(const std::string &domainXml, const std::string &channel);

class LibvirtMachine : public AgentMachine {
public:
  explicit LibvirtMachine(LibvirtConfig config);
  LibvirtMachine(const LibvirtMachine &) = delete;
  LibvirtMachine &operator=(const LibvirtMachine &) = delete;
  ~LibvirtMachine() override; // ends the domain, when start() began it

  // Errors: input, when the connection, the domain or the snapshot is not there; fault, when it does not start.
  Result<> start(Deadline deadline) override;
  Result<FileDescriptor> connect(Deadline deadline) override;
  Link &link() override { return *link_; }
  [[nodiscard]] std::string_view accelerator() const override { return "native"; }

private:
  struct Handles;

  LibvirtConfig config_;
  std::unique_ptr<Handles> handles_;
  std::optional<PacketLink> link_;
};

} // namespace hotgate::harness
