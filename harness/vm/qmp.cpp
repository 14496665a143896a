#include "harness/vm/qmp.h"

#include <nlohmann/json.hpp>

namespace hotgate::harness {

Result<> Qmp::greet(Deadline deadline) {
  HOTGATE_TRY(const std::string line, channel_.readLine(deadline));
  HOTGATE_TRY(const nlohmann::json greeting, parseReply(channel_.entity(), line));
  if (!greeting.contains("QMP"))
    return failFault(channel_.entity(), "QMP greeting", "the first line is not a greeting",
                     "check that qemu-system-x86_64 is QEMU");
  HOTGATE_CHECK(execute("qmp_capabilities", nlohmann::json::object(), deadline));
  return {};
}

Result<nlohmann::json> Qmp::execute(const std::string &command, const nlohmann::json &arguments, Deadline deadline) {
  const int64_t id = ++lastId_;
  const nlohmann::json request{{"execute", command}, {"arguments", arguments}, {"id", id}};
  HOTGATE_CHECK(channel_.write(request.dump() + "\n", deadline));
  return awaitReply(id, command, deadline);
}

Result<> Qmp::giveDescriptor(const std::string &name, int descriptor, Deadline deadline) {
  const int64_t id = ++lastId_;
  const nlohmann::json request{{"execute", "getfd"}, {"arguments", {{"fdname", name}}}, {"id", id}};
  HOTGATE_CHECK(channel_.writeWith(request.dump() + "\n", descriptor, deadline));
  HOTGATE_CHECK(awaitReply(id, "getfd", deadline));
  return {};
}

Result<nlohmann::json> Qmp::awaitReply(int64_t id, const std::string &command, Deadline deadline) {
  for (;;) {
    HOTGATE_TRY(const std::string line, channel_.readLine(deadline));
    HOTGATE_TRY(const nlohmann::json reply, parseReply(channel_.entity(), line));
    const auto replyId = reply.find("id");
    if (replyId == reply.end() || *replyId != id)
      continue; // an event, or the reply to a command whose deadline had passed
    if (const auto value = reply.find("return"); value != reply.end())
      return *value;
    return failFault(channel_.entity(), command, printable(member(reply, "error").dump()),
                     "check the QEMU version (7.2 or later)");
  }
}

} // namespace hotgate::harness
