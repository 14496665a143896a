#include "harness/guest/windows/event_gate.h"

#include "harness/guest/reply_reader.h"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>

namespace hotgate::harness {
namespace {

bool isOneOf(const std::vector<int> &ids, int64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

// Behind a start, as far as nothing more is known.
GateState begunState(const RoleEvents &known) {
  if (known.ready.empty())
    return {GateState::Kind::ready, "the service runs, and no event of it says that it is ready"};
  return {
      GateState::Kind::waiting,
      fmt::format("the service has not said that it is ready (event {}{})", fmt::join(known.ready, " or "),
                  known.started.empty() ? std::string() : fmt::format(" after {}", fmt::join(known.started, " or ")))};
}

} // namespace

Result<std::vector<ServiceEvent>> parseEvents(const nlohmann::json &reply) {
  ReplyReader reader("events", reply);
  const nlohmann::json *list = reader.find("events", &nlohmann::json::is_array);
  if (list != nullptr && list->size() > mostEventsAtOnce)
    reader.refuse(fmt::format("names {} events, more than {}", list->size(), mostEventsAtOnce));
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

EventKind eventKind(const RoleEvents &events, int64_t id) {
  if (isOneOf(events.started, id))
    return EventKind::started;
  if (isOneOf(events.ready, id))
    return EventKind::ready;
  if (isOneOf(events.labFault, id))
    return EventKind::labFault;
  return isOneOf(events.slow, id) ? EventKind::slow : EventKind::other;
}

std::string eventMeaning(const RoleEvents &events, int64_t id) {
  const auto found = id >= 0 && id <= UINT16_MAX ? events.meanings.find(static_cast<int>(id)) : events.meanings.end();
  return found == events.meanings.end() ? "" : found->second;
}

GateState eventGate(const RoleEvents &known, const std::vector<ServiceEvent> &events) {
  GateState state = begunState(known);
  for (const ServiceEvent &event : events) {
    const std::string meaning = eventMeaning(known, event.id);
    const std::string text = fmt::format("event {}{}{}", event.id, meaning.empty() ? "" : ": ", meaning);
    switch (eventKind(known, event.id)) {
    case EventKind::started:
      state = begunState(known);
      break;
    case EventKind::ready:
      state = {GateState::Kind::ready, text};
      break;
    case EventKind::labFault:
      state = {GateState::Kind::labFault, text};
      break;
    case EventKind::slow:
    case EventKind::other:
      break;
    }
  }
  return state;
}

} // namespace hotgate::harness
