// Limits: a local hypervisor; the domain's own network and disks are as libvirt has them.
#include "harness/guest/libvirt_machine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds pause{500};
constexpr size_t longestXml = size_t{4} << 20U;

std::string lastError() {
  const char *text = virGetLastErrorMessage();
  return text == nullptr ? "no reason given" : printable(text, 400);
}

Failure refusedInput(const std::string &entity, const std::string &place, const std::string &next) {
  return failInput(entity, place, lastError(), next);
}

bool isNamed(const xmlNode *node, const char *name) {
  return node->type == XML_ELEMENT_NODE && std::strcmp(reinterpret_cast<const char *>(node->name), name) == 0;
}

const xmlNode *childOf(const xmlNode *node, const char *name) {
  for (const xmlNode *child = node == nullptr ? nullptr : node->children; child != nullptr; child = child->next)
    if (isNamed(child, name))
      return child;
  return nullptr;
}

std::string attributeOf(const xmlNode *node, const char *name) {
  if (node == nullptr)
    return {};
  const std::unique_ptr<xmlChar, void (*)(void *)> value(xmlGetProp(node, reinterpret_cast<const xmlChar *>(name)),
                                                         [](void *text) { xmlFree(text); });
  return value ? reinterpret_cast<const char *>(value.get()) : "";
}

Result<FileDescriptor> connectTo(const std::string &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return failFault(path, "", "the socket's path is too long", "let libvirt choose it");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.isOpen() || ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    return failFault(path, "", fmt::format("cannot connect: {}", std::strerror(errno)),
                     "see that the domain runs, nobody else has its channel, and this user may open the socket");
  return socket;
}

} // namespace

struct LibvirtMachine::Handles {
  Handles() = default;
  Handles(const Handles &) = delete;
  Handles &operator=(const Handles &) = delete;
  ~Handles() {
    if (domain != nullptr && begun)
      virDomainDestroy(domain);
    if (domain != nullptr)
      virDomainFree(domain);
    if (connection != nullptr)
      virConnectClose(connection);
  }

  virConnectPtr connection = nullptr;
  virDomainPtr domain = nullptr;
  bool begun = false; // by us: then we end it
};

std::optional<std::string> channelSocket(const std::string &domainXml, const std::string &channel) {
  if (domainXml.size() > longestXml)
    return std::nullopt;
  const std::unique_ptr<xmlDoc, void (*)(xmlDocPtr)> document(
      xmlReadMemory(domainXml.data(), static_cast<int>(domainXml.size()), nullptr, nullptr,
                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
      xmlFreeDoc);
  const xmlNode *devices = document ? childOf(xmlDocGetRootElement(document.get()), "devices") : nullptr;
  for (const xmlNode *each = devices == nullptr ? nullptr : devices->children; each != nullptr; each = each->next)
    if (isNamed(each, "channel") && attributeOf(each, "type") == "unix" &&
        attributeOf(childOf(each, "target"), "name") == channel)
      if (std::string path = attributeOf(childOf(each, "source"), "path"); !path.empty())
        return path;
  return std::nullopt;
}

LibvirtMachine::LibvirtMachine(LibvirtConfig config) : config_(std::move(config)) {}
LibvirtMachine::~LibvirtMachine() = default;

Result<> LibvirtMachine::start(Deadline) {
  if (!config_.interface.empty()) {
    HOTGATE_TRY(PacketLink link, PacketLink::open(config_.interface));
    link_.emplace(std::move(link));
  }
  virSetErrorFunc(nullptr, [](void *, virErrorPtr) {}); // else it prints each error itself
  handles_ = std::make_unique<Handles>();
  handles_->connection = virConnectOpen(config_.uri.c_str());
  if (handles_->connection == nullptr)
    return refusedInput(config_.uri, "", "see that libvirtd runs and this user may use it");
  handles_->domain = virDomainLookupByName(handles_->connection, config_.domain.c_str());
  if (handles_->domain == nullptr)
    return refusedInput(config_.uri, "domain " + config_.domain, "name one that `virsh list --all` shows");
  if (config_.snapshot.empty()) {
    if (virDomainIsActive(handles_->domain) == 1)
      return failInput(config_.domain, "", "the domain runs already, and no snapshot was named to revert it to",
                       "shut it down, or name a snapshot: a run must begin from a clean state");
    handles_->begun = virDomainCreate(handles_->domain) == 0;
    if (!handles_->begun)
      return failFault(config_.domain, "start", lastError(), "see the hypervisor's log");
    return {};
  }
  const std::unique_ptr<virDomainSnapshot, int (*)(virDomainSnapshotPtr)> snapshot(
      virDomainSnapshotLookupByName(handles_->domain, config_.snapshot.c_str(), 0), virDomainSnapshotFree);
  if (!snapshot)
    return refusedInput(config_.domain, "snapshot " + config_.snapshot,
                        "name one that `virsh snapshot-list` shows for the domain");
  handles_->begun = virDomainRevertToSnapshot(snapshot.get(), VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING) == 0;
  if (!handles_->begun)
    return failFault(config_.domain, "revert", lastError(), "see the hypervisor's log");
  return {};
}

Result<FileDescriptor> LibvirtMachine::connect(Deadline deadline) {
  if (!handles_ || handles_->domain == nullptr)
    return failFault(config_.domain, "", "the domain was not started", "start it");
  const std::unique_ptr<char, void (*)(void *)> xml(virDomainGetXMLDesc(handles_->domain, 0), free);
  const auto path = xml ? channelSocket(xml.get(), config_.channel) : std::nullopt;
  if (!path)
    return failInput(config_.domain, "channel " + config_.channel,
                     "the domain has no channel of type unix of this name",
                     "add it with `virsh edit` (docs/windows-guests.md)");
  for (;;) {
    auto socket = connectTo(*path);
    if (socket) {
      ProcessAgent agent(FileDescriptor(dup(socket->get())));
      if (const auto answered = agent.ping(std::min(deadline, after(seconds(10)))); !answered)
        socket = Failure(answered.error());
    }
    if (socket || Clock::now() + pause >= deadline)
      return socket;
    std::this_thread::sleep_for(pause);
  }
}

} // namespace hotgate::harness
