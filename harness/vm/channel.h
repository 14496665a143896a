// A bounded, deadlined conversation in lines over one end of a socket pair: QMP, the guest agent and our own agent
// all speak JSON lines.
//
// The peer is hostile: it may send nothing, never end a line, or flood. A line longer than the limit and a passed
// deadline are faults; memory never grows past the limit and one read buffer.
#pragma once

#include "harness/vm/deadline.h"
#include "harness/vm/file_descriptor.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace hotgate::harness {

class Channel {
public:
  // `entity` names the peer in errors: "guest agent".
  Channel(FileDescriptor socket, std::string entity) : socket_(std::move(socket)), entity_(std::move(entity)) {}

  Result<> write(std::string_view bytes, Deadline deadline);
  // The same, and a copy of the descriptor goes to the peer with it.
  Result<> writeWith(std::string_view bytes, int descriptor, Deadline deadline);
  // The next line without its newline. Errors: fault; after a passed deadline the channel can still be used,
  // isBroken() tells when not.
  Result<std::string> readLine(Deadline deadline);

  // Something came, or the peer is gone: readLine() will not wait for a peer that is at work.
  [[nodiscard]] bool hasInput() const;

  [[nodiscard]] const std::string &entity() const { return entity_; }
  // A peer that broke the rules (flood, closed) is not spoken to again.
  [[nodiscard]] bool isBroken() const { return broken_; }

  static constexpr size_t lineLimit = size_t{4} << 20U;

private:
  Result<> waitFor(short event, Deadline deadline, std::string_view doing);
  Failure broken(std::string reason);
  [[nodiscard]] Failure timedOut(std::string_view doing) const;

  FileDescriptor socket_;
  std::string entity_;
  std::string received_;
  size_t scanned_ = 0; // received_ has no newline before this
  bool broken_ = false;
};

// One line as a JSON object. No exceptions; anything else is a fault that quotes the beginning of the line, escaped.
// The value nests at most 64 levels deep, so that what walks it by recursion (copy, dump) has the stack for it.
Result<nlohmann::json> parseReply(const std::string &entity, std::string_view line);

// A member of an object; null when there is none, or when it is not an object.
const nlohmann::json &member(const nlohmann::json &object, const char *name);
// A member that is a text; "" for anything else.
std::string textMember(const nlohmann::json &object, const char *name);

// The same of several lines, each ended by a newline.
std::string printableLines(std::string_view text);

// Guest text for people: control bytes and what is not ASCII as \xNN, cut at `limit`.
std::string printable(std::string_view text, size_t limit = 200);

} // namespace hotgate::harness
