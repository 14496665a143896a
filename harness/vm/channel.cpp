#include "harness/vm/channel.h"

#include "support/descriptor_passing.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

constexpr int nestingLimit = 64;

// Before the parser, which itself takes any depth: brackets outside of texts are counted.
bool nestsTooDeep(std::string_view line) {
  int depth = 0;
  bool inText = false;
  for (size_t at = 0; at < line.size(); ++at) {
    const char character = line[at];
    if (inText && character == '\\')
      ++at; // what it escapes
    else if (character == '"')
      inText = !inText;
    else if (!inText && (character == '[' || character == '{') && ++depth > nestingLimit)
      return true;
    else if (!inText && (character == ']' || character == '}'))
      --depth;
  }
  return false;
}

} // namespace

Failure Channel::broken(std::string reason) {
  broken_ = true;
  return failFault(entity_, "", std::move(reason), "the run counts as a lab fault; run it again");
}

Failure Channel::timedOut(std::string_view doing) const {
  return failFault(entity_, "", fmt::format("no answer within the deadline ({})", doing),
                   "the run counts as a lab fault; run it again");
}

Result<> Channel::waitFor(short event, Deadline deadline, std::string_view doing) {
  pollfd entry{socket_.get(), event, 0};
  for (;;) {
    const int ready = poll(&entry, 1, millisecondsUntil(deadline));
    if (ready > 0)
      return {};
    if (ready == 0)
      return timedOut(doing);
    if (errno != EINTR)
      return broken(fmt::format("poll failed: {}", std::strerror(errno)));
  }
}

Result<> Channel::write(std::string_view bytes, Deadline deadline) {
  if (broken_)
    return broken("the channel broke earlier");
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // A line that was sent in part would garble the next one: the channel ends here.
      if (auto writable = waitFor(POLLOUT, deadline, "writing"); !writable) {
        broken_ = true;
        return writable;
      }
    } else if (errno != EINTR) {
      return broken(fmt::format("the channel closed while writing: {}", std::strerror(errno)));
    }
  }
  return {};
}

Result<> Channel::writeWith(std::string_view bytes, int descriptor, Deadline deadline) {
  if (broken_)
    return broken("the channel broke earlier");
  HOTGATE_CHECK(waitFor(POLLOUT, deadline, "writing"));
  // The descriptor goes with the first byte; the rest follows.
  if (!sendDescriptor(socket_.get(), bytes.front(), descriptor))
    return broken(fmt::format("a descriptor could not be sent: {}", std::strerror(errno)));
  return write(bytes.substr(1), deadline);
}

bool Channel::hasInput() const {
  pollfd entry{socket_.get(), POLLIN, 0};
  return broken_ || !received_.empty() || poll(&entry, 1, 0) > 0;
}

Result<std::string> Channel::readLine(Deadline deadline) {
  if (broken_)
    return broken("the channel broke earlier");
  // Also when lines are waiting: a peer that floods us with lines that nobody asked for gets no more time.
  if (Clock::now() >= deadline)
    return timedOut("reading");
  for (;;) {
    if (const size_t end = received_.find('\n', scanned_); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      scanned_ = 0;
      return line;
    }
    scanned_ = received_.size();
    if (received_.size() > lineLimit)
      return broken(fmt::format("sent more than {} bytes without ending the line", lineLimit));
    HOTGATE_CHECK(waitFor(POLLIN, deadline, "reading"));
    std::array<char, 65536> buffer; // NOLINT: filled by recv
    const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0)
      received_.append(buffer.data(), static_cast<size_t>(got));
    else if (got == 0)
      return broken("the channel was closed by the other side");
    else if (errno != EINTR && errno != EAGAIN)
      return broken(fmt::format("the channel failed while reading: {}", std::strerror(errno)));
  }
}

Result<nlohmann::json> parseReply(const std::string &entity, std::string_view line) {
  if (nestsTooDeep(line))
    return failFault(entity, "", fmt::format("answered with JSON of more than {} levels", nestingLimit),
                     "the run counts as a lab fault; run it again");
  auto reply = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!reply.is_object())
    return failFault(entity, "", fmt::format("answered with what is not a JSON object: \"{}\"", printable(line)),
                     "the run counts as a lab fault; run it again");
  return reply;
}

const nlohmann::json &member(const nlohmann::json &object, const char *name) {
  static const nlohmann::json null;
  if (!object.is_object())
    return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::string textMember(const nlohmann::json &object, const char *name) {
  const nlohmann::json &value = member(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

std::string printable(std::string_view text, size_t limit) {
  std::string result;
  for (const char character : text.substr(0, std::min(text.size(), limit))) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte < 0x7f)
      result += character;
    else
      result += fmt::format("\\x{:02x}", byte);
  }
  if (text.size() > limit)
    result += "...";
  return result;
}

std::string printableLines(std::string_view text) {
  constexpr size_t longest = 4096;
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    result += printable(text.substr(0, end), longest) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

} // namespace hotgate::harness
