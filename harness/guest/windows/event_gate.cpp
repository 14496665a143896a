// Limits: the DHCP server's events; at most 4096 of them in one answer.
#include "harness/guest/windows/event_gate.h"

#include "harness/guest/reply_reader.h"

#include <algorithm>
#include <array>

namespace hotgate::harness {
namespace {

constexpr size_t mostEvents = 4096;

constexpr std::array dhcpEvents{
    EventMeaning{1011, EventKind::other, "a request was refused (NACK)"},
    EventMeaning{1012, EventKind::other, "a client declined an address"},
    EventMeaning{1013, EventKind::other, "a client released an address"},
    EventMeaning{1016, EventKind::other, "the backup of the database failed"},
    EventMeaning{1020, EventKind::other, "a scope is nearly full"},
    EventMeaning{1024, EventKind::started, "the service has initialised"},
    EventMeaning{1041, EventKind::labFault, "no network device has a static address, or none is active"},
    EventMeaning{1043, EventKind::ready, "the server is authorised"},
    EventMeaning{1044, EventKind::ready, "the server is authorised to start"},
    EventMeaning{1045, EventKind::labFault, "the server is not authorised"},
    EventMeaning{1046, EventKind::labFault, "the server is not authorised"},
    EventMeaning{1049, EventKind::labFault, "no domain or directory"},
    EventMeaning{1050, EventKind::labFault, "no domain or directory"},
    EventMeaning{1051, EventKind::labFault, "the server is not authorised"},
    EventMeaning{1059, EventKind::labFault, "no domain or directory"},
    EventMeaning{1063, EventKind::labFault, "out of addresses"},
    EventMeaning{1338, EventKind::slow, "more than 1000 offers wait in the queue"},
    EventMeaning{10007, EventKind::slow, "evidence of slowness"},
    EventMeaning{20287, EventKind::labFault, "out of addresses"},
    EventMeaning{20291, EventKind::other, "a failover binding was rejected"},
};

} // namespace

Result<std::vector<ServiceEvent>> parseEvents(const nlohmann::json &reply) {
  ReplyReader reader("events", reply);
  const nlohmann::json *list = reader.find("events", &nlohmann::json::is_array);
  if (list != nullptr && list->size() > mostEvents)
    reader.refuse(fmt::format("names {} events, more than {}", list->size(), mostEvents));
  HOTGATE_CHECK(reader.finish(0));
  std::vector<ServiceEvent> events;
  for (const nlohmann::json &each : *list) {
    ReplyReader fields("events", each);
    const ServiceEvent event{fields.integer("record"), fields.integer("id"), fields.integer("level")};
    HOTGATE_TRY(const ServiceEvent read, fields.finish(event));
    events.push_back(read);
  }
  std::sort(events.begin(), events.end(),
            [](const ServiceEvent &left, const ServiceEvent &right) { return left.record < right.record; });
  return events;
}

std::string_view eventKindName(EventKind kind) {
  constexpr std::array<std::string_view, 5> names{"started", "ready", "lab-fault", "slow", "other"};
  return names.at(static_cast<size_t>(kind));
}

const EventMeaning *dhcpEvent(int64_t id) {
  const auto *found =
      std::find_if(dhcpEvents.begin(), dhcpEvents.end(), [id](const EventMeaning &each) { return each.id == id; });
  return found == dhcpEvents.end() ? nullptr : found;
}

GateState dhcpGate(const std::vector<ServiceEvent> &events) {
  GateState state{GateState::Kind::waiting,
                  "the service has not said that it is ready (event 1043 or 1044 after 1024)"};
  for (const ServiceEvent &event : events) {
    const EventMeaning *meaning = dhcpEvent(event.id);
    if (meaning == nullptr)
      continue;
    const std::string text = fmt::format("event {}: {}", event.id, meaning->meaning);
    if (meaning->kind == EventKind::started)
      state = {GateState::Kind::waiting, text};
    else if (meaning->kind == EventKind::ready)
      state = {GateState::Kind::ready, text};
    else if (meaning->kind == EventKind::labFault)
      state = {GateState::Kind::labFault, text};
  }
  return state;
}

} // namespace hotgate::harness
