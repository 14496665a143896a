// Limits: *not run here*: wine's event log is empty and answers no query.
#include "harness/agent/event_log.h"

#include "harness/agent/windows_support.h"

#include <array>
#include <winevt.h>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

constexpr size_t mostEvents = 4096;
constexpr DWORD waitMs = 5000;

struct EventCloser {
  using pointer = EVT_HANDLE;
  void operator()(EVT_HANDLE handle) const { EvtClose(handle); }
};
using UniqueEvent = std::unique_ptr<void, EventCloser>;

// The provider's name goes into an XPath text.
bool isPlain(const std::string &name) { return name.find_first_of("'\"<>&[]") == std::string::npos; }

Outcome<json> fieldsOf(EVT_HANDLE context, EVT_HANDLE event) {
  std::vector<std::byte> buffer(size_t{1} << 16U);
  DWORD used = 0;
  DWORD count = 0;
  if (!EvtRender(context, event, EvtRenderEventValues, static_cast<DWORD>(buffer.size()), buffer.data(), &used,
                 &count) ||
      count < EvtSystemPropertyIdEND)
    return refuseLastError("event log", "EvtRender");
  const auto *values = reinterpret_cast<const EVT_VARIANT *>(buffer.data());
  return json{{"record", values[EvtSystemEventRecordId].UInt64Val},
              {"id", values[EvtSystemEventID].UInt16Val},
              {"level", values[EvtSystemLevel].ByteVal},
              {"time", values[EvtSystemTimeCreated].FileTimeVal}};
}

} // namespace

Outcome<json> readEvents(const std::string &channel, const std::string &provider, uint64_t after) {
  if (wineVersion() != nullptr)
    return refuse("event log", channel, "not here: wine keeps no event log", "use a machine with Windows");
  if (!isPlain(provider))
    return refuse("event log", provider, "no provider has such a name", "give it as the event viewer shows it");
  const std::string query =
      fmt::format("*[System[{}(EventRecordID > {})]]",
                  provider.empty() ? "" : fmt::format("Provider[@Name='{}'] and ", provider), after);
  const UniqueEvent found(
      EvtQuery(nullptr, wide(channel).c_str(), wide(query).c_str(), EvtQueryChannelPath | EvtQueryForwardDirection));
  if (!found)
    return refuseLastError("event log " + channel, "EvtQuery", "check the channel's name");
  const UniqueEvent context(EvtCreateRenderContext(0, nullptr, EvtRenderContextSystem));
  if (!context)
    return refuseLastError("event log", "EvtCreateRenderContext");
  json events = json::array();
  EVT_HANDLE next = nullptr;
  DWORD count = 0;
  while (events.size() < mostEvents && EvtNext(found.get(), 1, &next, waitMs, 0, &count)) {
    const UniqueEvent event(next);
    AGENT_TRY(json fields, fieldsOf(context.get(), event.get()));
    events.push_back(std::move(fields));
  }
  return json{{"events", std::move(events)}};
}

} // namespace hotgate::harness::agent
