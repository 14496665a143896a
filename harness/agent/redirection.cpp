#include "harness/agent/redirection.h"

#include "analyzer/image/hotpatch_format.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace hotgate::harness::agent {
namespace {

namespace format = hotpatch::redirect64;

constexpr DWORD retryPauseMs = 2;
constexpr uint64_t pageSize = hotpatch::addressTable::pageSize;
constexpr uint64_t paddingSize = format::padding;
constexpr std::array<uint8_t, 2> redirected = format::entryJump;

uint16_t asWord(std::array<uint8_t, 2> bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8); }
std::array<uint8_t, 2> asBytes(uint16_t word) {
  return {static_cast<uint8_t>(word & 0xFF), static_cast<uint8_t>(word >> 8)};
}
std::array<uint8_t, 2> entryBytes(const TableEntry &entry) {
  return {entry.original[paddingSize], entry.original[paddingSize + 1]};
}

class Deadline {
public:
  explicit Deadline(uint32_t milliseconds) : end_(GetTickCount64() + milliseconds) {}
  [[nodiscard]] bool isOver() const { return GetTickCount64() >= end_; }

private:
  ULONGLONG end_;
};

auto foreignChange(const Process &process, uint64_t address, std::array<uint8_t, 2> found,
                   std::array<uint8_t, 2> expected) {
  return refuse(process.entity(), fmt::format("address {:#x}", address),
                fmt::format("{:02x} {:02x} stands there instead of {:02x} {:02x}: something else changed the function",
                            found[0], found[1], expected[0], expected[1]),
                "find out what hooks the process", hotpatch::status::patchConflict);
}

} // namespace

// The function's entry and slot, and the jump in its padding. Nobody executes any of it yet.
Outcome<> Redirection::prepare(const Redirect &redirect, uint64_t patchAddress, std::vector<size_t> &added) {
  const uint64_t function = module_.base + redirect.function;
  AGENT_TRY(const size_t index, table_.entryFor(redirect.function));
  TableEntry entry{redirect.function, redirect.target, 1, 0, {}};
  AGENT_CHECK(memory_.read(function - paddingSize, entry.original));
  AGENT_CHECK(table_.setEntry(index, entry));
  added.push_back(index);
  const uint64_t target = patchAddress + redirect.target;
  AGENT_CHECK(memory_.write(table_.slotAddress(index), {reinterpret_cast<const uint8_t *>(&target), sizeof target}));

  const uint64_t jump = function - format::jumpBefore;
  const auto displacement = static_cast<int64_t>(table_.thunkAddress(index) - function);
  if (displacement != static_cast<int32_t>(displacement))
    return refuse(memory_.process().entity(), "address table", "it is more than 2 GiB away from the function");
  std::array<uint8_t, format::jumpBefore> bytes{format::jumpOpcode};
  const auto relative = static_cast<int32_t>(displacement);
  std::memcpy(&bytes[1], &relative, sizeof relative);
  return memory_.writeProtected(jump, bytes);
}

// A function that stays redirected: the next call through its thunk runs the new version.
Outcome<> Redirection::retarget(const Redirect &redirect, uint64_t patchAddress) {
  const size_t index = *table_.indexOf(redirect.function);
  TableEntry entry = table_.entries()[index];
  entry.target = redirect.target;
  AGENT_CHECK(caller_.store(table_.slotAddress(index), patchAddress + redirect.target));
  return table_.setEntry(index, entry);
}

Outcome<std::vector<Redirection::Edit>> Redirection::editsFor(const std::vector<size_t> &added,
                                                              const std::vector<size_t> &removed) const {
  std::vector<Edit> edits;
  edits.reserve(added.size() + removed.size());
  for (const size_t index : added)
    edits.push_back({addressOf(index), entryBytes(table_.entries()[index]), redirected});
  for (const size_t index : removed) {
    const Edit edit{addressOf(index), redirected, entryBytes(table_.entries()[index])};
    AGENT_TRY(const auto now, (memory_.readValue<std::array<uint8_t, 2>>(edit.function)));
    if (now != edit.to) // else an agent was ended between entry and edit
      edits.push_back(edit);
  }
  return edits;
}

// One 2-byte store that every other thread sees whole: it either runs the old first instruction or the jump.
Outcome<> Redirection::editAtomically(const Edit &edit) {
  AGENT_TRY(const WritableRange writable, WritableRange::make(memory_, edit.function, edit.to.size()));
  AGENT_TRY(const uint16_t found, caller_.compareExchange(edit.function, asWord(edit.from), asWord(edit.to)));
  if (found != asWord(edit.from))
    return foreignChange(memory_.process(), edit.function, asBytes(found), edit.from);
  return {};
}

// Where the two bytes cross an 8-byte boundary no store is atomic: all threads are stopped, and none may stand inside
// the bytes. All such functions change in one stop, so that they change together or not at all.
Outcome<> Redirection::editWithAllStopped(const std::vector<Edit> &edits) {
  if (edits.empty())
    return {};
  std::set<uint64_t> pages; // each once: ranges that overlap would give back each other's protection
  std::vector<AddressRange> inside;
  for (const Edit &edit : edits) {
    pages.insert({edit.function / pageSize * pageSize, (edit.function + 1) / pageSize * pageSize});
    inside.push_back({edit.function - paddingSize, edit.function + edit.to.size()});
  }
  std::vector<WritableRange> writable; // before the stop: the process must run for a change of protection
  for (const uint64_t page : pages) {
    AGENT_TRY(auto range, WritableRange::make(memory_, page, pageSize));
    writable.push_back(std::move(range));
  }
  for (const Deadline deadline(deadlineMs_);;) {
    std::optional<ThreadPlace> obstacle;
    {
      AGENT_TRY(const StoppedThreads stopped, StoppedThreads::stop(memory_.process()));
      obstacle = stopped.firstInside(inside);
      if (!obstacle) {
        for (const Edit &edit : edits) {
          AGENT_TRY(const auto found, (memory_.readValue<std::array<uint8_t, 2>>(edit.function)));
          if (found != edit.from)
            return foreignChange(memory_.process(), edit.function, found, edit.from);
        }
        for (const Edit &edit : edits)
          AGENT_CHECK(memory_.write(edit.function, edit.to));
        return {};
      }
    }
    ++result_.retries;
    if (deadline.isOver())
      return refuse(memory_.process().entity(), fmt::format("thread {}", obstacle->tid),
                    fmt::format("it stands at {:#x}, inside bytes that must change, and did not leave them in {} ms",
                                obstacle->rip, deadlineMs_),
                    "try again, or find out why the thread stands there");
    Sleep(retryPauseMs);
  }
}

// All edits or none.
Outcome<> Redirection::applyEdits(const std::vector<Edit> &edits) {
  std::vector<Edit> stopping;
  std::vector<Edit> plain;
  for (const Edit &edit : edits)
    (format::stopsAllProcessors(edit.function) ? stopping : plain).push_back(edit);
  // First, because it is the part that can be refused.
  AGENT_CHECK(editWithAllStopped(stopping));
  result_.stoppedAllThreads = static_cast<uint32_t>(stopping.size());
  wentLive_ = wentLive_ || !stopping.empty();
  for (size_t index = 0; index < plain.size(); ++index) {
    const Outcome<> done = editAtomically(plain[index]);
    if (done) {
      wentLive_ = true;
      continue;
    }
    std::vector<Edit> reverse;
    reverse.reserve(stopping.size());
    for (const Edit &edit : stopping)
      reverse.push_back({edit.function, edit.to, edit.from});
    Outcome<> back = editWithAllStopped(reverse);
    for (size_t earlier = index; back && earlier-- > 0;)
      back = editAtomically({plain[earlier].function, plain[earlier].to, plain[earlier].from});
    Refusal refusal = done.error();
    if (!back)
      refusal.error.next =
          "restart the service: taking back the earlier functions failed too: " + back.error().error.reason;
    return tl::unexpected(refusal);
  }
  return {};
}

// After the two bytes are back, nobody can enter the padding any more; who is in it leaves after one instruction. So
// one look at each thread, not at all of them at once, is enough.
Outcome<> Redirection::waitUntilNobodyIsInPadding(const std::vector<size_t> &entries) const {
  std::vector<AddressRange> padding;
  padding.reserve(entries.size());
  for (const size_t index : entries)
    padding.push_back({addressOf(index) - paddingSize, addressOf(index)});
  for (const Deadline deadline(deadlineMs_);;) {
    AGENT_TRY(const auto places, threadPlaces(memory_.process()));
    const auto isInside = [&](const ThreadPlace &place) {
      return std::any_of(padding.begin(), padding.end(), [&](const auto &range) { return range.contains(place.rip); });
    };
    const auto found = std::find_if(places.begin(), places.end(), isInside);
    if (found == places.end())
      return {};
    if (deadline.isOver())
      return refuse(memory_.process().entity(), fmt::format("thread {}", found->tid),
                    fmt::format("it stands at {:#x}, in the padding of a function, and did not leave it in {} ms",
                                found->rip, deadlineMs_),
                    "try again, or find out why the thread stands there");
    Sleep(retryPauseMs);
  }
}

// Only after waitUntilNobodyIsInPadding, or when the two bytes never changed. A function that is still redirected,
// since taking it back failed, keeps its padding: the next call goes through it.
Outcome<> Redirection::restorePadding(const std::vector<size_t> &entries) {
  for (const size_t index : entries) {
    TableEntry entry = table_.entries()[index];
    AGENT_TRY(const auto now, (memory_.readValue<std::array<uint8_t, 2>>(addressOf(index))));
    if (now == redirected && now != entryBytes(entry))
      return refuse(memory_.process().entity(), fmt::format("function RVA {:#x}", entry.function),
                    "it is still redirected, so the jump in its padding stays", "restart the service",
                    hotpatch::status::patchConflict);
    AGENT_CHECK(memory_.writeProtected(addressOf(index) - paddingSize,
                                       std::span<const uint8_t>(entry.original).first(paddingSize)));
    entry.isActive = 0;
    AGENT_CHECK(table_.setEntry(index, entry));
  }
  return {};
}

// Takes back edits that were applied, and the padding of the functions that were being added; answers `reason`.
Refusal Redirection::takeBack(const std::vector<Edit> &edits, const std::vector<size_t> &added, Refusal reason) {
  std::vector<Edit> reverse;
  reverse.reserve(edits.size());
  for (const Edit &edit : edits)
    reverse.push_back({edit.function, edit.to, edit.from});
  Outcome<> back = applyEdits(reverse);
  if (back && wentLive_)
    back = waitUntilNobodyIsInPadding(added);
  if (back)
    back = restorePadding(added);
  if (!back)
    reason.error.next = "restart the service: the change could not be taken back: " + back.error().error.reason;
  return reason;
}

Outcome<RedirectionResult> Redirection::moveTo(const std::vector<Redirect> &goal, uint64_t patchAddress) {
  result_ = {};
  std::vector<size_t> added;
  std::vector<size_t> removed;
  std::vector<Redirect> kept;
  for (size_t index = 0; index < table_.entries().size(); ++index) {
    const TableEntry &entry = table_.entries()[index];
    const auto isGoal = [&](const Redirect &redirect) { return redirect.function == entry.function; };
    if (entry.isActive != 0 && std::none_of(goal.begin(), goal.end(), isGoal))
      removed.push_back(index);
  }
  for (const Redirect &redirect : goal) {
    const auto index = table_.indexOf(redirect.function);
    if (index && table_.entries()[*index].isActive != 0) {
      kept.push_back(redirect);
      continue;
    }
    if (const auto done = prepare(redirect, patchAddress, added); !done)
      return tl::unexpected(takeBack({}, added, done.error()));
  }
  const auto edits = editsFor(added, removed);
  if (!edits)
    return tl::unexpected(takeBack({}, added, edits.error()));
  if (const auto done = applyEdits(*edits); !done)
    return tl::unexpected(takeBack({}, added, done.error()));
  if (const auto done = waitUntilNobodyIsInPadding(removed); !done)
    return tl::unexpected(takeBack(*edits, added, done.error()));
  for (const size_t index : removed)
    result_.restored.push_back(table_.entries()[index].function);
  std::sort(result_.restored.begin(), result_.restored.end());
  AGENT_CHECK(restorePadding(removed));
  for (const Redirect &redirect : kept)
    AGENT_CHECK(retarget(redirect, patchAddress));
  return result_;
}

} // namespace hotgate::harness::agent
