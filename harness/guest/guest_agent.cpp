// Limits: one request at a time; scripts are for busybox sh.
#include "harness/guest/guest_agent.h"

#include "harness/guest/base64.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

namespace hotgate::harness {
namespace {

constexpr size_t writeChunk = size_t{512} << 10U;
constexpr int64_t readChunk = int64_t{256} << 10U;
constexpr std::chrono::milliseconds pollInterval{5};
constexpr const char *retry = "the run counts as a lab fault; run it again";

Result<int64_t> asInteger(const std::string &entity, const char *command, const nlohmann::json &value) {
  if (!value.is_number_integer())
    return failFault(entity, command, "answered without the number that belongs there", retry);
  return value.get<int64_t>();
}

} // namespace

Result<> GuestAgent::synchronize(Deadline deadline) {
  const int64_t id = ++lastId_;
  const nlohmann::json request{{"execute", "guest-sync-delimited"}, {"arguments", {{"id", id}}}};
  HOTGATE_CHECK(channel_.write(request.dump() + "\n", deadline));
  for (;;) {
    HOTGATE_TRY(const std::string line, channel_.readLine(deadline));
    // What stands before the last 0xFF is the rest of an answer that nobody waits for any more.
    const std::string_view tail = std::string_view(line).substr(line.rfind('\xff') + 1);
    const auto reply = parseReply(channel_.entity(), tail);
    if (reply && member(*reply, "return") == id) {
      synchronized_ = true;
      return {};
    }
  }
}

Result<nlohmann::json> GuestAgent::execute(const char *command, const nlohmann::json &arguments, Deadline deadline) {
  if (!synchronized_)
    HOTGATE_CHECK(synchronize(deadline));
  const int64_t id = ++lastId_;
  const nlohmann::json request{{"execute", command}, {"arguments", arguments}, {"id", id}};
  synchronized_ = false; // until its answer is here
  HOTGATE_CHECK(channel_.write(request.dump() + "\n", deadline));
  HOTGATE_TRY(const std::string line, channel_.readLine(deadline));
  HOTGATE_TRY(const nlohmann::json reply, parseReply(channel_.entity(), line));
  if (member(reply, "id") != id)
    return failFault(channel_.entity(), command, "answered another request", retry);
  synchronized_ = true;
  if (const auto value = reply.find("return"); value != reply.end())
    return *value;
  return failFault(channel_.entity(), command, printable(member(reply, "error").dump()), retry);
}

Result<int64_t> GuestAgent::openFile(const std::string &path, const char *mode, Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json handle, execute("guest-file-open", {{"path", path}, {"mode", mode}}, deadline));
  return asInteger(channel_.entity(), "guest-file-open", handle);
}

Result<int64_t> GuestAgent::executeScript(const std::string &script, Deadline deadline) {
  const nlohmann::json arguments{{"path", "/bin/busybox"}, {"arg", {"sh", "-c", script}}};
  HOTGATE_TRY(const nlohmann::json started, execute("guest-exec", arguments, deadline));
  return asInteger(channel_.entity(), "guest-exec", member(started, "pid"));
}

Result<> GuestAgent::startScript(const std::string &script, Deadline deadline) {
  HOTGATE_CHECK(executeScript(script, deadline));
  return {};
}

Result<> GuestAgent::runScript(const std::string &script, Deadline deadline) {
  HOTGATE_TRY(const int64_t pid, executeScript(script, deadline));
  for (;;) {
    HOTGATE_TRY(const nlohmann::json status, execute("guest-exec-status", {{"pid", pid}}, deadline));
    if (member(status, "exited") == true) {
      if (member(status, "exitcode") != 0)
        return failFault(
            channel_.entity(), "guest-exec",
            fmt::format("a script ended with {}: {}", member(status, "exitcode").dump(), printable(script)), retry);
      return {};
    }
    if (Clock::now() >= deadline)
      return failFault(channel_.entity(), "guest-exec",
                       fmt::format("a script still runs at its deadline: {}", printable(script)), retry);
    std::this_thread::sleep_for(pollInterval);
  }
}

Result<> GuestAgent::writeFile(const std::string &path, std::span<const uint8_t> content, Deadline deadline) {
  HOTGATE_TRY(const int64_t handle, openFile(path, "w", deadline));
  while (!content.empty()) {
    const auto chunk = content.first(std::min(content.size(), writeChunk));
    HOTGATE_TRY(const nlohmann::json written,
                execute("guest-file-write", {{"handle", handle}, {"buf-b64", encodeBase64(chunk)}}, deadline));
    HOTGATE_TRY(const int64_t count, asInteger(channel_.entity(), "guest-file-write", member(written, "count")));
    if (count <= 0 || static_cast<size_t>(count) > chunk.size())
      return failFault(channel_.entity(), "guest-file-write",
                       fmt::format("says that {} of {} bytes were written to {}", count, chunk.size(), path), retry);
    content = content.subspan(static_cast<size_t>(count));
  }
  HOTGATE_CHECK(execute("guest-file-close", {{"handle", handle}}, deadline));
  return {};
}

Result<std::string> GuestAgent::readFile(const std::string &path, size_t limit, Deadline deadline) {
  HOTGATE_TRY(const int64_t handle, openFile(path, "r", deadline));
  std::string content;
  for (bool atEnd = false; !atEnd;) {
    HOTGATE_TRY(const nlohmann::json part,
                execute("guest-file-read", {{"handle", handle}, {"count", readChunk}}, deadline));
    const nlohmann::json &text = member(part, "buf-b64");
    const auto bytes = text.is_string() ? decodeBase64(text.get_ref<const std::string &>()) : std::nullopt;
    if (!bytes)
      return failFault(channel_.entity(), "guest-file-read", "answered without valid base64", retry);
    content += *bytes;
    atEnd = member(part, "eof") == true || bytes->empty();
    if (content.size() > limit)
      return failFault(channel_.entity(), path, fmt::format("is longer than {} bytes", limit), retry);
  }
  HOTGATE_CHECK(execute("guest-file-close", {{"handle", handle}}, deadline));
  return content;
}

} // namespace hotgate::harness
