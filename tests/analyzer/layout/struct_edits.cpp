#include "tests/analyzer/layout/struct_edits.h"

#include <array>

namespace hotgate::layout {

namespace {

constexpr auto edits = std::to_array<StructEdit>({
    {"insert", "Lease", Tree::dhcp, "leases.h", "  uint64_t expires;", "  uint64_t renewed;\n  uint64_t expires;"},
    {"insert", "Configuration", Tree::dhcp, "configuration.h", "  uint32_t router;",
     "  uint32_t secondRouter;\n  uint32_t router;"},
    {"insert", "Options", Tree::dhcp, "options.h", "  OptionView hostName;",
     "  OptionView domain;\n  OptionView hostName;"},
    {"insert", "Server", Tree::dhcp, "server.h", "  CRITICAL_SECTION leaseLock;",
     "  HANDLE pause;\n  CRITICAL_SECTION leaseLock;"},
    {"insert", "PacketQueue", Tree::dhcp, "server.h", "  uint32_t head;", "  uint64_t dropped;\n  uint32_t head;"},
    {"insert", "Session", Tree::broker, "broker.h", "  uint64_t bytesIn;", "  uint64_t idle;\n  uint64_t bytesIn;"},
    {"insert", "Ticket", Tree::broker, "broker.h", "  uint64_t identity;\n  uint32_t version",
     "  void *owner;\n  uint64_t identity;\n  uint32_t version"},

    {"remove", "Lease", Tree::dhcp, "leases.h", "  uint8_t identity[identityCapacity];",
     "  uint8_t vendor[8];\n  uint8_t identity[identityCapacity];"},
    {"remove", "Configuration", Tree::dhcp, "configuration.h", "  uint32_t workers;",
     "  uint32_t priority;\n  uint32_t workers;"},
    {"remove", "Request", Tree::dhcp, "packet.h", "  uint32_t clientAddress;",
     "  uint64_t received;\n  uint32_t clientAddress;"},
    {"remove", "LeaseTable", Tree::dhcp, "leases.h", "  uint32_t count;\n  uint32_t first;",
     "  uint64_t generation;\n  uint32_t count;\n  uint32_t first;"},
    {"remove", "TextBuffer", Tree::dhcp, "text.h", "  size_t capacity;\n  size_t length;",
     "  size_t reserved;\n  size_t capacity;\n  size_t length;"},
    {"remove", "Endpoint", Tree::broker, "broker.h", "  uint64_t lastSeen;",
     "  uint64_t firstSeen;\n  uint64_t lastSeen;"},
    {"remove", "Broker", Tree::broker, "broker.h", "  uint64_t served;", "  uint64_t started;\n  uint64_t served;"},

    {"reorder", "Configuration", Tree::dhcp, "configuration.h",
     "  uint32_t leaseSeconds;\n  uint32_t bindAddress;\n  uint32_t port;",
     "  uint32_t port;\n  uint32_t bindAddress;\n  uint32_t leaseSeconds;"},
    {"reorder", "Lease", Tree::dhcp, "leases.h",
     "  uint64_t expires; // seconds since 1970\n  uint8_t identity[identityCapacity];\n",
     "  uint8_t identity[identityCapacity];\n  uint64_t expires; // seconds since 1970\n"},
    {"reorder", "PacketQueue", Tree::dhcp, "server.h", "  uint32_t head;\n  uint32_t count;",
     "  uint32_t count;\n  uint32_t head;"},
    {"reorder", "Server", Tree::dhcp, "server.h",
     "  HANDLE storeFile;\n  CRITICAL_SECTION auditLock; // the audit file\n  HANDLE auditFile;",
     "  HANDLE auditFile;\n  CRITICAL_SECTION auditLock; // the audit file\n  HANDLE storeFile;"},
    {"reorder", "Options", Tree::dhcp, "options.h",
     "  OptionView hostName;\n  OptionView clientIdentifier;\n  OptionView relayInformation;",
     "  OptionView relayInformation;\n  OptionView clientIdentifier;\n  OptionView hostName;"},
    {"reorder", "Session", Tree::broker, "broker.h", "  uint64_t bytesIn;\n  uint64_t bytesOut;",
     "  uint64_t bytesOut;\n  uint64_t bytesIn;"},
    {"reorder", "Quota", Tree::broker, "broker.h", "  uint32_t used;\n  uint64_t limit;",
     "  uint64_t limit;\n  uint32_t used;"},

    {"widen", "Lease", Tree::dhcp, "leases.h", "  uint8_t identityLength; // 0", "  uint64_t identityLength; // 0"},
    {"widen", "Configuration", Tree::dhcp, "configuration.h", "  uint32_t leaseSeconds;", "  uint64_t leaseSeconds;"},
    {"widen", "LeaseTable", Tree::dhcp, "leases.h", "  uint32_t count;\n  uint32_t first;",
     "  uint64_t count;\n  uint32_t first;"},
    {"widen", "Options", Tree::dhcp, "options.h", "  uint32_t requestedAddress;", "  uint64_t requestedAddress;"},
    {"widen", "Session", Tree::broker, "broker.h", "  uint32_t state;", "  uint64_t state;"},
    {"widen", "Endpoint", Tree::broker, "broker.h", "  uint32_t address;\n  uint16_t port;",
     "  uint64_t address;\n  uint16_t port;"},

    {"grow", "Lease", Tree::dhcp, "leases.h", "  char hostName[hostNameCapacity]; // ends in a zero\n",
     "  char hostName[hostNameCapacity]; // ends in a zero\n  uint64_t lastRenewal;\n"},
    {"grow", "Configuration", Tree::dhcp, "configuration.h", "  char audit[pathCapacity];\n",
     "  char audit[pathCapacity];\n  uint64_t quietHours;\n"},
    {"grow", "ReceivedPacket", Tree::dhcp, "server.h",
     "struct ReceivedPacket {\n  uint32_t length;\n  uint8_t bytes[packetCapacity];\n",
     "struct ReceivedPacket {\n  uint32_t length;\n  uint8_t bytes[packetCapacity];\n  uint32_t interface;\n"},
    {"grow", "Server", Tree::dhcp, "server.h", "  uint32_t threadCount;\n",
     "  uint32_t threadCount;\n  uint64_t started;\n"},
    {"grow", "StoreRecord", Tree::dhcp, "store.cpp", "  char hostName[hostNameCapacity];\n",
     "  char hostName[hostNameCapacity];\n  uint64_t renewed;\n"},
    {"grow", "Ticket", Tree::broker, "broker.h", "  uint8_t key[32];\n", "  uint8_t key[32];\n  uint64_t issued;\n"},
    {"grow", "Quota", Tree::broker, "broker.h", "  uint64_t limit;\n", "  uint64_t limit;\n  uint64_t peak;\n"},

    {"bit field", "Endpoint", Tree::broker, "broker.h", "  uint16_t family : 4;", "  uint16_t family : 6;"},
    {"bit field", "Endpoint", Tree::broker, "broker.h", "  uint16_t secure : 1;\n  uint16_t retries : 5;\n",
     "  uint16_t retries : 5;\n  uint16_t secure : 1;\n"},
    {"bit field", "Quota", Tree::broker, "broker.h", "  uint32_t kind : 3;", "  uint32_t kind : 4;"},
    {"bit field", "Quota", Tree::broker, "broker.h", "  uint32_t weight : 9;\n  uint32_t burst : 12;",
     "  uint32_t weight : 8;\n  uint32_t burst : 14;"},
    {"bit field", "Ticket", Tree::broker, "broker.h", "  uint32_t renewals : 10;", "  uint32_t renewals : 12;"},
    {"bit field", "Ticket", Tree::broker, "broker.h", "  uint32_t revoked : 1;\n  uint32_t forwarded : 1;",
     "  uint32_t forwarded : 1;\n  uint32_t usable : 1;\n  uint32_t revoked : 1;"},
});
static_assert(edits.size() == 40);

} // namespace

bool isBackwards(const StructEdit &edit) { return edit.kind == "remove"; }

std::span<const StructEdit> structEdits() { return edits; }

} // namespace hotgate::layout
